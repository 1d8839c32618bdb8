import { once } from 'node:events';
import { formatUsd, type LogLine } from '@eden-cost/core';
import { type CostAwareHandler, costAware } from '@eden-cost/express';
import express, { type Express, type Request } from 'express';
import OpenAI from 'openai';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { sum } from '../support/lists.js';
import { hear } from '../support/meter.js';
import { between, seededRandom } from '../support/random.js';
import { useServers } from '../support/serve.js';
import { useStandIn } from '../support/stand-in.js';

const standIn = useStandIn();
const serve = useServers();

const REQUESTS = 200;

interface PlannedCall {
  readonly nanos: number;
  readonly via: 'fetch' | 'fetch stream' | 'openai' | 'openai stream' | 'embeddings';
}

const VIA: readonly PlannedCall['via'][] = ['fetch', 'fetch stream', 'openai', 'openai stream', 'embeddings'];

/** For each request 1 to 5 calls of random cost. */
function plan(seed: number, vias = VIA): PlannedCall[][] {
  const random = seededRandom(seed);
  return Array.from({ length: REQUESTS }, () =>
    Array.from({ length: between(random, 1, 5) }, () => ({
      nanos: between(random, 1, 30_000_000),
      via: vias[between(random, 0, vias.length - 1)] as PlannedCall['via'],
    })),
  );
}

const nanosOf = (calls: readonly PlannedCall[]): number => sum(calls.map(({ nanos }) => nanos));

let openai: OpenAI;
let lines: LogLine[];
let finished: Promise<unknown>[];
let costs: CostAwareHandler;
beforeEach(() => {
  lines = [];
  finished = [];
  openai = new OpenAI({ baseURL: standIn.eden.baseUrl, apiKey: 'any', maxRetries: 0 });
  costs = costAware({
    baseUrls: [standIn.eden.url],
    labels: (req) => ({ tenant: req.query.tenant as string }),
    logger: (line) => lines.push(line),
  });
});
afterEach(() => costs.meter.close());

interface CostFields {
  costNanos: number;
  costUsd: number;
  calls: number;
  late: boolean;
  labels: Record<string, string>;
  models: string[];
  basis: string;
}

const costLines = () =>
  lines
    .filter(({ msg }) => msg === 'edenai request cost')
    .map((line) => line as unknown as { edenai: CostFields; req: { route: string }; res: { statusCode: number } });

/** Makes one call and reads its answer to the end. */
async function make({ nanos, via }: PlannedCall, headers: Record<string, string>): Promise<void> {
  const reply = { costUsd: formatUsd(nanos) };
  const chat = `${standIn.eden.baseUrl}/chat/completions`;
  const scripted = { headers: { ...headers, 'x-stand-in': JSON.stringify(reply) } };
  if (via === 'fetch') await readAnswer(await fetch(chat, postInit(CHAT, { reply, headers })));
  else if (via === 'fetch stream') {
    await readAnswer(await fetch(chat, postInit({ ...CHAT, stream: true }, { reply, headers })));
  } else if (via === 'openai') await openai.chat.completions.create(CHAT, scripted);
  else if (via === 'embeddings') await openai.embeddings.create({ model: 'm', input: 'Hello' }, scripted);
  else for await (const _chunk of await openai.chat.completions.create({ ...CHAT, stream: true }, scripted));
}

function appOf(handler: (req: Request, calls: readonly PlannedCall[]) => Promise<void>, plans: PlannedCall[][]) {
  const app = express();
  app.use(costs);
  app.use((_req, res, next) => {
    finished.push(once(res, 'finish'));
    next();
  });
  app.post('/tasks/:index', async (req, res) => {
    await handler(req, plans[Number(req.params.index)] ?? []);
    res.json({ totalNanos: req.costs.totalNanos, amounts: req.costs.charges.map(({ amount }) => amount) });
  });
  return app;
}

interface Answered {
  totalNanos: number;
  amounts: number[];
}

/** All requests at once, until all are answered and finished. */
async function storm(app: Express): Promise<Answered[]> {
  const { url } = await serve(app);
  const answers = await Promise.all(
    Array.from({ length: REQUESTS }, async (_, index) => {
      const response = await fetch(`${url}/tasks/${index}?tenant=tenant-${index % 7}`, { method: 'POST' });
      expect(response.status).toBe(200);
      return (await response.json()) as Answered;
    }),
  );
  await Promise.all(finished);
  return answers;
}

/** The log, the scopes and the books say the same, to the nano. */
function expectEverywhere(plans: PlannedCall[][], answers: Answered[]): void {
  answers.forEach(({ totalNanos, amounts }, index) => {
    const calls = plans[index] as PlannedCall[];
    expect(totalNanos).toBe(nanosOf(calls));
    expect([...amounts].sort()).toEqual(calls.map(({ nanos }) => nanos).sort());
  });
  const total = sum(plans.map(nanosOf));
  expect(standIn.eden.books().totalNanos).toBe(total);
  expect(costs.meter.snapshot()).toMatchObject({ costNanos: total, unattributedNanos: 0, callsInFlight: 0 });
  expect(sum(costLines().map(({ edenai }) => edenai.costNanos))).toBe(total);
}

describe('200 requests at once, each with 1 to 5 calls of random cost', () => {
  it.each([
    ['JSON, one call after the other', ['fetch', 'openai', 'embeddings'], false],
    ['JSON, all calls of a request at once', ['fetch', 'openai', 'embeddings'], true],
    ['streams, all calls of a request at once', ['fetch stream', 'openai stream'], true],
    ['both, all at once', VIA, true],
  ] as const)('%s: each request is told exactly its own cost', async (name, vias, atOnce) => {
    const plans = plan(name.length, vias);
    const app = appOf(async (_req, calls) => {
      if (atOnce) await Promise.all(calls.map((call) => make(call, {})));
      else for (const call of calls) await make(call, {});
    }, plans);
    const answers = await storm(app);
    expectEverywhere(plans, answers);
    expect(costLines()).toHaveLength(REQUESTS);
    expect(costLines().every(({ edenai }) => !edenai.late && edenai.basis === 'reported')).toBe(true);
  });

  it('the lines add up for each label, and name the route by its template', async () => {
    const plans = plan(7);
    const app = appOf(async (_req, calls) => {
      await Promise.all(calls.map((call) => make(call, {})));
    }, plans);
    await storm(app);
    for (let tenant = 0; tenant < 7; tenant++) {
      const own = costLines().filter(({ edenai }) => edenai.labels.tenant === `tenant-${tenant}`);
      const theirs = plans.filter((_, index) => index % 7 === tenant);
      expect(sum(own.map(({ edenai }) => edenai.costNanos))).toBe(sum(theirs.map(nanosOf)));
      expect(sum(own.map(({ edenai }) => edenai.calls))).toBe(theirs.flat().length);
    }
    expect(new Set(costLines().map(({ req }) => req.route))).toEqual(new Set(['/tasks/:index']));
    expect(new Set(costLines().map(({ res }) => res.statusCode))).toEqual(new Set([200]));
  });

  it('calls that outlive the response are logged late, on the request that made them', async () => {
    const plans = plan(11);
    const told = hear(costs.meter);
    const background: Promise<void>[] = [];
    let letGo = (): void => {};
    const hold = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    plans.forEach((calls, index) => {
      const [first] = calls as [PlannedCall];
      const match = { body: (body: unknown) => (body as { user?: string }).user === `late-${index}` };
      standIn.eden.script({ match, hold, costUsd: formatUsd(first.nanos) });
    });
    const app = appOf(async (req, [, ...calls]) => {
      const { index } = req.params;
      const late = postInit({ ...CHAT, user: `late-${index}`, stream: Number(index) % 2 === 0 });
      background.push(
        fetch(`${standIn.eden.baseUrl}/chat/completions`, late).then(async (response) => {
          await readAnswer(response);
        }),
      );
      await Promise.all(calls.map((call) => make(call, {})));
    }, plans);
    const answers = await storm(app);
    answers.forEach(({ totalNanos }, index) => {
      expect(totalNanos).toBe(nanosOf((plans[index] as PlannedCall[]).slice(1)));
    });
    expect(costLines().some(({ edenai }) => edenai.late)).toBe(false);

    letGo();
    await Promise.all(background);
    const firsts = plans.map(([first]) => first?.nanos).sort();
    expect(
      told.charge
        .filter((charge) => charge.late)
        .map(({ amount }) => amount)
        .sort(),
    ).toEqual(firsts);
    const late = costLines().filter(({ edenai }) => edenai.late);
    expect(late).toHaveLength(REQUESTS);
    expect(late.map(({ edenai }) => edenai.costNanos).sort()).toEqual(firsts);
    expect(late.every(({ edenai, req }) => edenai.labels.tenant !== undefined && req.route === '/tasks/:index')).toBe(
      true,
    );
    const total = sum(plans.map(nanosOf));
    expect(standIn.eden.books().totalNanos).toBe(total);
    expect(sum(costLines().map(({ edenai }) => edenai.costNanos))).toBe(total);
  });
});

describe('a request', () => {
  const chat = () => `${standIn.eden.baseUrl}/chat/completions`;

  it('that calls nobody writes no line', async () => {
    const app = express()
      .use(costs)
      .get('/', (_req, res) => void res.send('ok'));
    const { url } = await serve(app);
    await (await fetch(url)).text();
    expect(costLines()).toEqual([]);
  });

  it('keeps its calls through timers, event emitters and other turns of the event loop', async () => {
    const app = express()
      .use(costs)
      .get('/', async (req, res) => {
        await new Promise((resolve) => setImmediate(resolve));
        await new Promise<void>((resolve, reject) => {
          setTimeout(() => make({ nanos: 123, via: 'fetch' }, {}).then(resolve, reject), 0);
        });
        queueMicrotask(async () => {
          await make({ nanos: 456, via: 'openai' }, {});
          res.json(req.costs.totalNanos);
        });
      });
    const { url } = await serve(app);
    expect(await (await fetch(url)).json()).toBe(579);
  });

  it('whose body is read by an event keeps its calls, through costs.run', async () => {
    const app = express()
      .use(costs)
      .post('/', (req, res) => {
        req.on('data', () => {});
        req.on('end', () =>
          req.costs.run(async () => {
            await make({ nanos: 789, via: 'fetch' }, {});
            res.json(req.costs.totalNanos);
          }),
        );
      });
    const { url } = await serve(app);
    expect(await (await fetch(url, { method: 'POST', body: 'x' })).json()).toBe(789);
  });

  it('reads its labels when they are first needed: authentication may be mounted later', async () => {
    await costs.meter.close();
    costs = costAware({
      baseUrls: [standIn.eden.url],
      labels: (req) => ({ user: (req as Request & { user?: string }).user }),
      logger: (line) => lines.push(line),
    });
    const app = express()
      .use(costs)
      .use((req, _res, next) => {
        Object.assign(req, { user: 'ada' });
        next();
      })
      .get('/', async (req, res) => {
        req.costs.label('feature', 'greeting').label('empty', undefined);
        await readAnswer(await fetch(chat(), postInit(CHAT)));
        res.json(req.costs.charges[0]?.labels);
      });
    const { url } = await serve(app);
    expect(await (await fetch(url)).json()).toEqual({ user: 'ada', feature: 'greeting' });
    expect(costLines()[0]?.edenai.labels).toEqual({ user: 'ada', feature: 'greeting' });
  });

  it('is told apart from calls outside any request, which are counted and not attributed', async () => {
    await readAnswer(await fetch(chat(), postInit(CHAT, { reply: { costUsd: 0.02 } })));
    expect(costs.meter.snapshot()).toMatchObject({ costNanos: 20_000_000, unattributedNanos: 20_000_000 });
    expect(costLines()).toEqual([]);
  });
});

describe('an in-process queue', () => {
  it('runs a job in the scope of whoever is first; bind() keeps its own', async () => {
    const { meter } = costs;
    const queue: (() => Promise<void>)[] = [];
    const work = (nanos: number) => () => make({ nanos, via: 'fetch' }, {});
    const scopes = [1_000, 2_000].map((nanos) =>
      meter.run({}, () => {
        queue.push(meter.bind(work(nanos)));
        return meter.current();
      }),
    );
    // one worker, started in somebody else's scope
    const other = await meter.run({}, async () => {
      for (const job of queue) await job();
      return meter.current();
    });
    expect(scopes.map((scope) => scope?.totalNanos)).toEqual([1_000, 2_000]);
    expect(other?.totalNanos).toBe(0);
  });
});
