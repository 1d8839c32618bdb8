import { costAware } from '@eden-cost/express';
import express from 'express';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { hear, useMeteredEden } from '../support/meter.js';
import { useServers } from '../support/serve.js';
import { turnsUntil } from '../support/turns.js';
import { unnamed } from './kit.js';

afterEach(() => jest.restoreAllMocks());

const metered = useMeteredEden();
const serve = useServers();

const down = new Error('the log server is down');

const fail = () => {
  throw down;
};

const chat = async () => readAnswer(await fetch(`${metered.eden.baseUrl}/chat/completions`, postInit(CHAT)));

test.each<[string, () => unknown]>([
  [
    'throws',
    () => {
      throw down;
    },
  ],
  ['rejects', () => Promise.reject(down)],
])('a logger that %s fails no call, and is told of', async (_how, logger) => {
  const meter = metered.meter({ rateCard: false, logger: logger as never });
  const { error } = hear(meter);
  await meter.run({}, async () => expect((await chat()).bytes.length).toBeGreaterThan(0));
  await turnsUntil(() => error.length > 0);
  expect(error).toContainEqual(expect.objectContaining({ problem: 'log', cause: down }));
});

test("a request's own logger that fails breaks no request, and is told of", async () => {
  const meter = metered.meter({ rateCard: false });
  const { error } = hear(meter);
  const app = express();
  app.use((req, _res, next) => {
    Object.assign(req, { log: { info: fail, warn: fail, error: fail } });
    next();
  });
  app.use(costAware(meter));
  app.get('/', async (_req, res) => {
    await chat();
    res.end();
  });
  const { url } = await serve(app);
  expect((await fetch(url)).status).toBe(200);
  await turnsUntil(() => error.length > 0);
  expect(error).toContainEqual(expect.objectContaining({ problem: 'log', cause: down }));
});

const works = { info() {}, warn() {}, error() {} };

test.each<[string, () => object]>([
  ['logger fails', () => ({ log: { ...works, info: fail } })],
  ["logger's bindings fail", () => ({ log: { ...works, bindings: fail } })],
  ['logger cannot be read', () => Object.defineProperty({}, 'log', { get: fail })],
  ['id cannot be read', () => Object.defineProperty({}, 'id', { get: fail })],
])('what a request has spent is told, and whole, where its %s', async (_what, properties) => {
  const { options, stdout } = unnamed();
  const metering = costAware({ baseUrls: [metered.eden.url], rateCard: false, ...options });
  const { error } = hear(metering.meter);
  const app = express();
  app.use((req, _res, next) => {
    Object.defineProperties(req, Object.getOwnPropertyDescriptors(properties()));
    next();
  });
  app.use(metering).get('/', async (_req, res) => {
    await chat();
    res.end();
  });
  const { url } = await serve(app);
  expect((await fetch(url)).status).toBe(200);
  await turnsUntil(() => error.length > 0);
  const lines = stdout.filter((line) => line.includes('edenai request cost')).map((line) => JSON.parse(line));
  await metering.meter.close();
  expect(lines).toMatchObject([{ responseTime: expect.any(Number), edenai: { calls: 1, late: false } }]);
  expect(error).toEqual([expect.objectContaining({ problem: 'log', cause: down })]);
});

test.each([Number.NaN, -1, 'soon'])('closing within %p is refused', async (timeoutMs) => {
  const meter = metered.meter({ rateCard: false });
  await expect(meter.close({ timeoutMs: timeoutMs as number })).rejects.toMatchObject({ code: 'ERR_COST_OPTIONS' });
});
