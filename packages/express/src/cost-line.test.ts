import { manualClock } from '@eden-cost/testing';
import express, { type RequestHandler } from 'express';
import { pino } from 'pino';
import request from 'supertest';
import { turnsUntil, useKit } from '../test-kit.js';
import { type CostAwareOptions, costAware, createMeter, type LogLine, type MeterOptions } from './index.js';

const kit = useKit();

const ask: RequestHandler = async (_req, res) => {
  await kit.chat();
  res.send('answered');
};

/** A pino that keeps what it would have written. */
function keepingPino() {
  const written: string[] = [];
  return { written, logger: pino({}, { write: (text: string) => void written.push(text) }) };
}

test('a request that called Eden AI is one line, exactly so', async () => {
  const clock = manualClock();
  kit.eden.script({ costUsd: 0.01234, inputTokens: 2000, outputTokens: 1500 });
  const app = express().use(kit.metered({ labels: () => ({ tenant: 'acme' }), clock }));
  app.post('/ask/:id', async (_req, res) => {
    await kit.chat();
    clock.advance(812);
    res.status(201).send('answered');
  });
  await request(await kit.serve(app))
    .post('/ask/42?secret=1')
    .expect(201);

  expect(kit.costLines()).toEqual([
    {
      level: 30,
      msg: 'edenai request cost',
      req: { id: expect.stringMatching(/^[0-9a-f-]{36}$/), method: 'POST', route: '/ask/:id' },
      res: { statusCode: 201 },
      responseTime: 812,
      edenai: {
        costUsd: 0.01234,
        costNanos: 12_340_000,
        calls: 1,
        failedCalls: 0,
        deniedCalls: 0,
        unpricedCalls: 0,
        models: ['openai/gpt-4o'],
        inputTokens: 2000,
        outputTokens: 1500,
        basis: 'reported',
        labels: { tenant: 'acme' },
        aborted: false,
        late: false,
      },
    },
  ]);
});

test('a request that did not call Eden AI is no line', async () => {
  const app = express()
    .use(kit.metered())
    .get('/', (_req, res) => void res.send('nothing to ask'));
  await request(await kit.serve(app))
    .get('/')
    .expect(200);
  expect(kit.costLines()).toEqual([]);
});

test('a call that outlives its response is a second line, with the time of the response', async () => {
  const clock = manualClock();
  const metered = kit.metered({ clock });
  const late = new Promise((resolve) => metered.meter.on('charge', (charge) => charge.late && resolve(charge)));
  let release = () => {};
  const hold = new Promise<void>((resolve) => {
    release = resolve;
  });
  const app = express().use(metered);
  app.get('/ask', async (_req, res) => {
    await kit.chat();
    kit.eden.script({ hold, costUsd: 0.02 });
    void kit.chat();
    await kit.eden.received(2);
    clock.advance(100);
    res.send('answered');
  });
  await request(await kit.serve(app))
    .get('/ask')
    .expect(200);
  await turnsUntil(() => kit.costLines().length > 0);
  clock.advance(5_000);
  release();
  await late;
  expect(kit.costLines()).toMatchObject([
    { responseTime: 100, edenai: { costNanos: 10_000_000, calls: 1, late: false } },
    { req: { route: '/ask' }, responseTime: 100, edenai: { costNanos: 20_000_000, calls: 1, late: true } },
  ]);
});

describe('the logger', () => {
  /** The options name none: it is the request's own, and pino's for the line at start. */
  function unnamed(): CostAwareOptions {
    jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
    return { logger: undefined as never };
  }
  afterEach(() => jest.restoreAllMocks());

  /** As pino-http does it: a child with the request in it, and an id. */
  const likePinoHttp =
    (logger: pino.Logger): RequestHandler =>
    (req, _res, next) => {
      const facts = { id: 'request-7', method: req.method, url: req.url };
      Object.assign(req, { id: facts.id, log: logger.child({ req: facts }) });
      next();
    };

  test('of the request is used where there is one, and says no key twice', async () => {
    const { written, logger } = keepingPino();
    const app = express().use(likePinoHttp(logger)).use(kit.metered(unnamed())).get('/ask', ask);
    await request(await kit.serve(app))
      .get('/ask')
      .expect(200);
    expect(kit.costLines()).toEqual([]);
    expect(written).toHaveLength(1);
    const [line = ''] = written;
    for (const key of ['req', 'res', 'responseTime', 'edenai', 'msg']) {
      expect(line.split(`"${key}":`)).toHaveLength(2);
    }
    expect(JSON.parse(line)).toMatchObject({
      level: 30,
      msg: 'edenai request cost',
      req: { id: 'request-7', method: 'GET', url: '/ask' },
      res: { statusCode: 200 },
      edenai: { costNanos: 10_000_000 },
    });
  });

  test('of the request may be mounted after costAware', async () => {
    const { written, logger } = keepingPino();
    const app = express().use(kit.metered(unnamed())).use(likePinoHttp(logger)).get('/ask', ask);
    await request(await kit.serve(app))
      .get('/ask')
      .expect(200);
    expect([written.length, kit.costLines().length]).toEqual([1, 0]);
  });

  test("of the request without the request in it gets ours, with the request's own id", async () => {
    const { written, logger } = keepingPino();
    const app = express();
    app.use((req, _res, next) => {
      Object.assign(req, { id: 'request-8', log: logger.child({ reqId: 'request-8' }) });
      next();
    });
    app.use(kit.metered(unnamed())).get('/ask', ask);
    await request(await kit.serve(app))
      .get('/ask')
      .expect(200);
    expect(JSON.parse(written[0] ?? '')).toMatchObject({
      reqId: 'request-8',
      req: { id: 'request-8', method: 'GET', route: '/ask' },
    });
  });

  test.each<[string, CostAwareOptions, number]>([
    ['that the options name comes before that of the request', {}, 1],
    ['is neither where the options say so', { logger: false }, 0],
  ])('%s', async (_what, options, lines) => {
    const { written, logger } = keepingPino();
    const app = express().use(likePinoHttp(logger)).use(kit.metered(options)).get('/ask', ask);
    await request(await kit.serve(app))
      .get('/ask')
      .expect(200);
    expect([written.length, kit.costLines().length]).toEqual([0, lines]);
  });

  test("of a meter that the app made comes before the request's as well", async () => {
    const { written, logger } = keepingPino();
    const lines: LogLine[] = [];
    const options = { baseUrls: [kit.eden.url], rateCard: false, logger: (line: LogLine) => void lines.push(line) };
    const meter = createMeter(options as MeterOptions);
    const app = express().use(likePinoHttp(logger)).use(costAware(meter)).get('/ask', ask);
    await request(await kit.serve(app))
      .get('/ask')
      .expect(200);
    await meter.close();
    expect(written).toEqual([]);
    expect(lines.map(({ msg }) => msg)).toContain('edenai request cost');
  });

  test('of the request is not used when it is none', async () => {
    const app = express();
    app.use((req, _res, next) => {
      Object.assign(req, { log: 'off' });
      next();
    });
    app.use(kit.metered()).get('/ask', ask);
    await request(await kit.serve(app))
      .get('/ask')
      .expect(200);
    expect(kit.costLines()).toHaveLength(1);
  });

  test('may fail: the request does not', async () => {
    const failing = () => {
      throw new Error('disk full');
    };
    const app = express()
      .use(kit.metered({ logger: failing }))
      .get('/ask', ask);
    await request(await kit.serve(app))
      .get('/ask')
      .expect(200, 'answered');
  });

  test('may be any that has info, warn and error', async () => {
    const told: [string, string | undefined][] = [];
    const method = (name: string) => (_line: object, message?: string) => void told.push([name, message]);
    const logger = { info: method('info'), warn: method('warn'), error: method('error') };
    const app = express().set('env', 'test').use(kit.metered({ logger })).get('/ask', ask);
    kit.eden.script({ status: 402 });
    await request(await kit.serve(app))
      .get('/ask')
      .expect(402);
    expect(told).toEqual([
      ['info', 'edenai cost meter started'],
      ['error', expect.stringMatching(/^Eden AI answered 402 Payment Required/)],
      ['info', 'edenai request cost'],
    ]);
  });

  test.each<[string, boolean | string[], object | undefined]>([
    ['all labels', true, { tenant: 'acme', user: 'ann' }],
    ['some', ['tenant'], { tenant: 'acme' }],
    ['none', false, undefined],
  ])('gets %s', async (_what, labels, expected) => {
    const app = express().use(kit.metered({ labels: () => ({ tenant: 'acme', user: 'ann' }), log: { labels } }));
    app.get('/ask', ask);
    await request(await kit.serve(app))
      .get('/ask')
      .expect(200);
    expect(kit.costLines()[0]?.edenai.labels).toEqual(expected);
  });
});
