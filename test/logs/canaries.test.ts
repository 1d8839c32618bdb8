import type { MeterEvents } from '@eden-cost/core';
import { type CostAwareOptions, costErrors } from '@eden-cost/express';
import type { ReplyOptions } from '@eden-cost/testing';
import axios from 'axios';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { pinoHttp } from 'pino-http';
import { ASKERS, askers } from '../support/askers.js';
import { CANARIES, expectNoSecret } from '../support/canaries.js';
import { useQuietExpress } from '../support/quiet-express.js';
import { serve } from '../support/serve.js';
import { unnamed, useApps } from './kit.js';
import { LOGGERS } from './loggers.js';
import { isCostLine, sink } from './sink.js';

const kit = useApps();
useQuietExpress();

/** An address where nobody listens any more: `fetch` itself refuses ports like 1. */
let nobody = '';
beforeAll(async () => {
  const served = await serve(() => {});
  nobody = served.url;
  await served.close();
});

const { body: text, header } = CANARIES;
const said = { headers: { 'x-upstream': header, 'set-cookie': `session=${header}` } };

/** How the call goes; every answer has a canary in its body and in its headers. */
const OUTCOMES: Record<string, { reply?: ReplyOptions; options?: CostAwareOptions; stopped?: boolean }> = {
  'is answered': { reply: { ...said, text } },
  'has no cost': { reply: { ...said, text, costAs: 'missing' } },
  'has a cost that is none': { reply: { ...said, text, costAs: { raw: '-1' } } },
  'is answered with something else': { reply: { ...said, body: `<html>${text}</html>` } },
  'fails with a 400': { reply: { ...said, status: 400, errorMessage: text } },
  'fails with a 500': { reply: { ...said, status: 500, errorMessage: text } },
  'is answered with a 402': { reply: { ...said, status: 402, errorMessage: text } },
  'is denied': { options: { budgets: [{ name: 'nothing', limitUsd: 0, window: 'total' }] } },
  'is reset before its answer': { reply: { reset: 'before-headers' } },
  'is reset in its answer': { reply: { ...said, text, reset: 'after-headers' } },
  'finds nobody there': { stopped: true },
};

const EVENTS: (keyof MeterEvents)[] = [
  'charge',
  'denied',
  'overrun',
  'unmetered',
  'threshold',
  'credits',
  'ledger',
  'error',
];

/** Makes a call in a request of an app, whose own log shows the error that reached it. */
async function callOnce(before: RequestHandler[], costs: ReturnType<typeof kit.costAware>, asker: string, to: string) {
  const events: string[] = [];
  for (const event of EVENTS) costs.meter.on(event, (told) => events.push(JSON.stringify(told)));
  const app = express().set('env', 'production');
  for (const one of [...before, costs]) app.use(one);
  app.get('/ask', async (_req, res) => {
    await askers(() => to)[asker]?.();
    res.send('answered');
  });
  app.use(costErrors());
  const last: ErrorRequestHandler = (_error, _req, res, _next) => void res.sendStatus(502);
  await kit.get(app.use(last), '/ask');
  await costs.meter.close();
  return events.join('\n');
}

describe.each(Object.entries(OUTCOMES))('a call that %s', (_what, { reply, options, stopped }) => {
  const address = () => (stopped ? `${nobody}/v3` : kit.eden.baseUrl);
  const metered = () => ({ baseUrls: [new URL(address()).origin], ...options });
  beforeEach(() => {
    if (reply) kit.eden.script({ ...reply, times: 5 });
  });

  // node-fetch 2, and so openai 4, waits for ever for a body that was reset
  const answering = ASKERS.filter((asker) => asker !== 'openai 4' || reply?.reset !== 'after-headers');

  it.each(answering)('by %s leaves no key, prompt, body or header in the lines and events', async (asker) => {
    const { stream, text: written, costLines } = sink();
    const costs = kit.costAware({ ...metered(), logger: LOGGERS.pino?.(stream) as never });
    const events = await callOnce([], costs, asker, address());
    expect(await costLines(1)).toHaveLength(1);
    expectNoSecret(written() + events);
  });

  it("leaves none in the lines of pino-http's logger, where the error that the app got is logged", async () => {
    const { stream, text: written, lines } = sink();
    const costs = kit.costAware({ ...metered(), ...unnamed().options });
    const events = await callOnce([pinoHttp({}, stream)], costs, 'openai 6', address());
    expect(lines().filter(isCostLine)).toHaveLength(1);
    expectNoSecret(written() + events);
  });
});

describe("an error of the app's own that holds a key", () => {
  const failing = async (): Promise<never> => {
    const auth = { headers: { authorization: `Bearer ${CANARIES.key}`, 'x-prompt': CANARIES.prompt } };
    await axios.get(nobody, auth);
    throw new Error('somebody is there');
  };

  it.each<[string, boolean]>([
    ['has a listener', true],
    ['has none, and is logged', false],
  ])('raised by limitUsd() is not in the event, which %s', async (_which, heard) => {
    const { stream, text: written } = sink();
    const budgets = [{ name: 'plan', window: 'total' as const, limitUsd: failing }];
    const costs = kit.costAware({ budgets, logger: LOGGERS.pino?.(stream) as never });
    const events: MeterEvents['error'][] = [];
    if (heard) costs.meter.on('error', (told) => events.push(told));
    const denied: MeterEvents['denied'][] = [];
    costs.meter.on('denied', (told) => denied.push(told));
    await kit.get(
      kit.app([costs], async (_req, res) => {
        res.send(await kit.chat());
      }),
    );
    await costs.meter.close();
    expect(denied).toHaveLength(1);
    if (heard)
      expect(events.map(({ cause }) => cause)).toContainEqual(expect.objectContaining({ code: 'ECONNREFUSED' }));
    else expect(written()).toContain('"code":"ECONNREFUSED"');
    expectNoSecret(written() + JSON.stringify([events, denied]));
  });
});
