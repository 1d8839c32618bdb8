import type { ServerResponse } from 'node:http';
import { manualClock } from '@eden-cost/testing';
import type { Dispatcher } from 'undici';
import { turnsUntil } from '../support/turns.js';
import { answerCost } from './http-origins.js';
import { COPIES, useUndiciOrigins } from './undici-origins.js';

const origins = useUndiciOrigins();

type Undici = (typeof COPIES)[number][1];

const PATH = '/v3/brand/new';
const POST = { method: 'POST' as const, body: '{}' };
const TIGHT = { budgets: [{ name: 'all', limitUsd: 0.01, window: 'total' as const, estimateUsd: 0.01 }] };
/** Without us, a second call waits for the one connection; with us, for the room that the first one holds. */
const ONE = { connections: 1, pipelining: 1 };

const KINDS: Record<string, (undici: Undici, url: string) => Dispatcher> = {
  pool: ({ Pool }, url) => new Pool(url, ONE),
  agent: ({ Agent }) => new Agent(ONE),
};

type Call = (undici: Undici, dispatcher: Dispatcher, url: string) => Promise<number>;

const CALLS: Record<string, Call> = {
  request: async (_undici, dispatcher, url) => {
    const { statusCode, body } = await dispatcher.request({ origin: url, path: PATH, ...POST });
    await body.text();
    return statusCode;
  },
  fetch: async (undici, dispatcher, url) => {
    const answer = await undici.fetch(url + PATH, { ...POST, dispatcher });
    await answer.text();
    return answer.status;
  },
};

const CASES = COPIES.flatMap(([name, undici]) =>
  Object.entries(KINDS).flatMap(([kind, make]) =>
    Object.entries(CALLS).map(([how, call]) => [kind, name, how, { undici, make, call }] as const),
  ),
);

/** An error as far as a caller can tell it from another. */
const wordsOf = (error: unknown): string => {
  const { name, message, code, cause } = error as Error & { code?: unknown };
  return [name, code, message, ...(cause ? [wordsOf(cause)] : [])].filter(Boolean).join(' / ');
};
const outcome = (made: Promise<number>): Promise<number | string> => made.catch(wordsOf);

describe.each(CASES)('a call that is held, over the %s of %s, by %s', (_kind, _name, _how, { undici, make, call }) => {
  const start = async () => {
    const clock = manualClock();
    const answers: ServerResponse[] = [];
    const there = await origins((_request, response) => void answers.push(response), { ...TIGHT, clock });
    return { ...there, clock, answers };
  };

  /** A first call that is sent and not answered, and a second one that waits: behind the meter, or within undici. */
  async function waiting({ clock, answers }: Awaited<ReturnType<typeof start>>, url: string, isHeld: boolean) {
    const dispatcher = make(undici, url);
    const before = answers.length;
    const first = outcome(call(undici, dispatcher, url));
    await turnsUntil(() => answers.length > before);
    const quiet = clock.pending;
    const second = outcome(call(undici, dispatcher, url));
    if (isHeld) await turnsUntil(() => clock.pending > quiet);
    return { dispatcher, first, second };
  }

  const DESTROYS: Record<string, (dispatcher: Dispatcher) => Promise<unknown>> = {
    'without an error': (dispatcher) => dispatcher.destroy(),
    'with an error': (dispatcher) => dispatcher.destroy(new TypeError('enough')),
    'by a callback': (dispatcher) => new Promise<void>((resolve) => dispatcher.destroy(resolve)),
    'by a callback, with an error': (dispatcher) =>
      new Promise<void>((resolve) => dispatcher.destroy(new TypeError('enough'), resolve)),
  };

  it.each(Object.entries(DESTROYS))(
    'fails when that is destroyed %s, as it does without us',
    async (_when, destroy) => {
      const there = await start();
      const bare = await waiting(there, there.bare, false);
      await destroy(bare.dispatcher);
      const without = await Promise.all([bare.first, bare.second]);

      const { dispatcher, first, second } = await waiting(there, there.metered, true);
      await destroy(dispatcher);
      const { meter, answers } = there;
      expect(await Promise.all([first, second])).toEqual(without);
      expect(answers).toHaveLength(2); // the first call's, without us and with us
      // what was sent is charged; nothing is held any more
      expect(meter.snapshot()).toMatchObject({ calls: 1, deniedCalls: 0, callsInFlight: 0, costNanos: 10_000_000 });
      expect(await meter.remaining()).toMatchObject([{ heldUsd: 0, remainingUsd: 0 }]);
    },
  );

  it('does not keep that from closing when it is destroyed meanwhile', async () => {
    const there = await start();
    const { dispatcher, second } = await waiting(there, there.metered, true);
    const closed = dispatcher.close();
    await dispatcher.destroy();
    expect(await closed).toBe(null);
    expect(await second).toMatch(/destroyed/);
  });

  const CLOSES: Record<string, (dispatcher: Dispatcher) => Promise<unknown>> = {
    'by its promise': (dispatcher) => dispatcher.close(),
    'by its callback': (dispatcher) => new Promise<void>((resolve) => dispatcher.close(resolve)),
  };

  it.each(Object.entries(CLOSES))('goes out when that is closed %s, and then it closes', async (_how, close) => {
    const there = await start();
    const { dispatcher, first, second } = await waiting(there, there.metered, true);
    const { meter, answers } = there;
    const closed = close(dispatcher);
    answerCost(answers[0] as ServerResponse, 0);
    await turnsUntil(() => answers.length === 2);
    answerCost(answers[1] as ServerResponse, 0.001);
    expect(await Promise.all([first, second])).toEqual([200, 200]);
    await closed;
    expect(dispatcher).toMatchObject({ closed: true });
    expect(meter.snapshot()).toMatchObject({ calls: 2, deniedCalls: 0, callsInFlight: 0 });
    expect(await meter.remaining()).toMatchObject([{ heldUsd: 0 }]);
  });
});
