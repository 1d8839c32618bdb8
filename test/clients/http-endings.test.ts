import http, { type ClientRequest, type RequestListener, type RequestOptions, type ServerResponse } from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { Readable } from 'node:stream';
import { type Ledger, type MeterOptions, memoryLedger } from '@eden-cost/core';
import { manualClock } from '@eden-cost/testing';
import { turnsUntil } from '../support/turns.js';
import { answerCost, COST_NANOS, follow, type Story, useOrigins } from './http-origins.js';

const origins = useOrigins();

const ESTIMATE_NANOS = 10_000_000;
const ROOMY: MeterOptions = { budgets: [{ name: 'all', limitUsd: 1, window: 'total' }] };
const TIGHT: MeterOptions = { budgets: [{ name: 'all', limitUsd: 0.01, window: 'total', estimateUsd: 0.01 }] };

/** A request, and what ends it from outside. */
interface Made {
  readonly request: ClientRequest;
  readonly controller: AbortController;
}

const ENDS: Record<string, (made: Made) => void> = {
  'is destroyed': ({ request }) => void request.destroy(),
  'is destroyed with an error': ({ request }) => void request.destroy(new Error('enough')),
  'is aborted by its signal': ({ controller }) => controller.abort(),
  'is aborted by its old method': ({ request }) => request.abort(),
};

function make(url: string, options: RequestOptions = {}): Made {
  const controller = new AbortController();
  const request = http.request(`${url}/v3/brand/new`, {
    ...{ method: 'POST', agent: false, signal: controller.signal },
    ...options,
  });
  return { request, controller };
}

/** Makes a request, ends it at once, and follows it. */
function endedAtOnce(url: string, end: (made: Made) => void): Promise<Story> {
  const made = make(url);
  const story = follow(made.request);
  made.request.end('{}');
  end(made);
  return story;
}

/** Leaves the requests that arrive without an answer. */
function silent() {
  const responses: ServerResponse[] = [];
  const listener: RequestListener = (_request, response) => void responses.push(response);
  return { listener, responses, arrivals: () => responses.length };
}

/** Without a socket, an `abort` may be told before or after the end. */
const inAnyOrder = ({ events, ...rest }: Story) => ({ ...rest, events: [...events].sort() });

const halfAnswer: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"object":');
};

describe.each(Object.entries(ENDS))('a request over node:http that %s', (_name, end) => {
  it('before it has ended does so as without us, and nothing was ever held', async () => {
    const { bare, metered, meter } = await origins(() => {}, ROOMY);
    const begun = (url: string) => {
      const made = make(url);
      const story = follow(made.request);
      made.request.write('{"model":');
      end(made);
      return story;
    };
    expect(inAnyOrder(await begun(metered))).toEqual(inAnyOrder(await begun(bare)));
    expect(await meter.remaining()).toMatchObject([{ remainingUsd: 1, heldUsd: 0 }]);
    expect(meter.snapshot()).toMatchObject({ calls: 0, failedCalls: 0, callsInFlight: 0 });
  });

  it('while it is held does so at once, is never sent, and gives its room back', async () => {
    const clock = manualClock();
    const { listener, responses, arrivals } = silent();
    const { bare, metered, meter } = await origins(listener, { ...TIGHT, clock });
    const first = make(metered);
    const firstStory = follow(first.request);
    first.request.end('{}');
    await turnsUntil(() => arrivals() === 1);
    const quiet = clock.pending;

    const second = make(metered, { headers: { 'x-eden-cost-estimate': '0.005' } });
    const story = follow(second.request);
    second.request.end('{}');
    await turnsUntil(() => clock.pending > quiet);
    end(second);
    expect(inAnyOrder(await story)).toEqual(inAnyOrder(await endedAtOnce(bare, end)));

    answerCost(responses[0] as ServerResponse, 0.001);
    expect((await firstStory).events).toContain('response 200');
    expect(arrivals()).toBe(1);
    expect(await meter.remaining()).toMatchObject([{ remainingUsd: 0.009, heldUsd: 0 }]);
    expect(meter.snapshot()).toMatchObject({ costNanos: 1_000_000, deniedCalls: 0, callsInFlight: 0 });
  });

  it('before it has a connection does so as without us, and is no charge', async () => {
    const { listener, arrivals } = silent();
    const { bare, metered, meter } = await origins(listener, ROOMY);
    expect(inAnyOrder(await endedAtOnce(metered, end))).toEqual(inAnyOrder(await endedAtOnce(bare, end)));
    expect(arrivals()).toBe(0);
    expect(meter.snapshot()).toMatchObject({ costNanos: 0, callsInFlight: 0 });
    expect(await meter.remaining()).toMatchObject([{ remainingUsd: 1, heldUsd: 0 }]);
  });

  it('before the answer does so as without us, and is charged at the estimate', async () => {
    const { listener, arrivals } = silent();
    const { bare, metered, meter } = await origins(listener, ROOMY);
    const waiting = async (url: string) => {
      const before = arrivals();
      const made = make(url);
      const story = follow(made.request);
      made.request.end('{}');
      await turnsUntil(() => arrivals() > before);
      end(made);
      return story;
    };
    expect(await waiting(metered)).toEqual(await waiting(bare));
    expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: ESTIMATE_NANOS, callsInFlight: 0 });
    expect(await meter.remaining()).toMatchObject([{ remainingUsd: 0.99, heldUsd: 0 }]);
  });

  it('half way through the answer does so as without us, and is charged at the estimate', async () => {
    const { bare, metered, meter } = await origins(halfAnswer, ROOMY);
    const reading = (url: string) => {
      const made = make(url);
      made.request.end('{}');
      return follow(made.request, { answered: (response) => response.once('data', () => end(made)) });
    };
    expect(await reading(metered)).toEqual(await reading(bare));
    expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: ESTIMATE_NANOS, callsInFlight: 0 });
    expect(await meter.remaining()).toMatchObject([{ remainingUsd: 0.99, heldUsd: 0 }]);
  });

  it('with the answer unread does so as without us, and is charged at the estimate', async () => {
    const { bare, metered, meter } = await origins(halfAnswer, ROOMY);
    const unread = (url: string) => {
      const made = make(url);
      made.request.end('{}');
      return follow(made.request, { answered: () => end(made) });
    };
    expect(await unread(metered)).toEqual(await unread(bare));
    expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: ESTIMATE_NANOS, callsInFlight: 0 });
  });

  it('after the answer does so as without us, and is charged what it cost, once', async () => {
    const { bare, metered, meter } = await origins((_request, response) => answerCost(response), ROOMY);
    const done = async (url: string) => {
      const made = make(url);
      made.request.end('{}');
      const story = await follow(made.request);
      end(made);
      return story;
    };
    expect(await done(metered)).toEqual(await done(bare));
    expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: COST_NANOS, callsInFlight: 0 });
    expect(await meter.remaining()).toMatchObject([{ heldUsd: 0 }]);
  });
});

describe('an answer over node:http that is destroyed', () => {
  it.each([
    ['half way', halfAnswer, ESTIMATE_NANOS],
    ['when it has been read', (_: unknown, response) => answerCost(response), COST_NANOS],
  ] as [string, RequestListener, number][])(
    '%s ends as without us, and is charged once',
    async (_name, listener, nanos) => {
      const { bare, metered, meter } = await origins(listener, ROOMY);
      const destroyed = (url: string) => {
        const { request } = make(url);
        request.end('{}');
        return follow(request, { answered: (response) => response.once('data', () => response.destroy()) });
      };
      expect(await destroyed(metered)).toEqual(await destroyed(bare));
      expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: nanos, callsInFlight: 0 });
      expect(await meter.remaining()).toMatchObject([{ heldUsd: 0 }]);
    },
  );
});

describe('an answer over node:http to which another package lets nothing be added', () => {
  it('is what it is without us, and is charged at the estimate', async () => {
    const { bare, metered, meter } = await origins((_request, response) => answerCost(response), ROOMY);
    const fixed = (url: string) => {
      const { request } = make(url);
      request.end('{}');
      const { emit } = request;
      request.emit = (event: string, ...rest: unknown[]) => {
        if (event === 'response') Object.preventExtensions(rest[0]);
        return emit.call(request, event, ...rest);
      };
      return follow(request);
    };
    const story = await fixed(metered);
    expect(story).toEqual(await fixed(bare));
    expect(story.events).toContain('response end');
    expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: ESTIMATE_NANOS, callsInFlight: 0 });
    expect(await meter.remaining()).toMatchObject([{ heldUsd: 0 }]);
  });
});

describe('a request over node:http to which another package lets nothing be added', () => {
  const FIXES = { 'is not extensible': Object.preventExtensions, 'is sealed': Object.seal };
  const LEDGERS = { 'at once': memoryLedger, later: laterLedger };
  const WAYS = {
    'through an agent': () => ({}),
    'over a connection of its own': (url: string) => ({
      agent: undefined,
      createConnection: () => net.connect(Number(new URL(url).port), '127.0.0.1'),
    }),
  };
  const cases = Object.entries(FIXES).flatMap(([what, fix]) =>
    Object.entries(WAYS).flatMap(([way, optionsOf]) =>
      Object.entries(LEDGERS).map(([when, ledger]) => [what, way, when, { fix, optionsOf, ledger }] as const),
    ),
  );

  /** Begins a request, fixes it, and goes on. */
  const fixed = (
    url: string,
    { fix, optionsOf }: Pick<(typeof cases)[number][3], 'fix' | 'optionsOf'>,
    begin = '{',
  ) => {
    const { request } = make(url, optionsOf(url) as RequestOptions);
    const story = follow(request);
    if (begin !== '') request.write(begin);
    fix(request);
    request.end('}');
    return story;
  };

  it.each(cases)(
    '%s, %s, admitted %s: it is what it is without us, and charged once',
    async (_what, _way, _when, how) => {
      const { bare, metered, meter } = await origins((_request, response) => answerCost(response), {
        ...ROOMY,
        ledger: how.ledger(),
      });
      expect(await fixed(metered, how)).toEqual(await fixed(bare, how));
      expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: COST_NANOS, callsInFlight: 0 });
      expect(await meter.remaining()).toMatchObject([{ heldUsd: 0 }]);
    },
  );

  it.each(cases)('%s, %s, denied %s: nothing of it is sent', async (_what, _way, _when, how) => {
    const { listener, arrivals } = silent();
    const { metered, meter } = await origins(listener, {
      budgets: [{ name: 'none', limitUsd: 0, window: 'day' }],
      ledger: how.ledger(),
    });
    expect((await fixed(metered, how)).events).toContain('response 402');
    expect(arrivals()).toBe(0);
    expect(meter.snapshot()).toMatchObject({ deniedCalls: 1, callsInFlight: 0 });
  });

  it('before its head is written over a connection of its own goes past the meter, which tells so', async () => {
    const { bare, metered, meter } = await origins((_request, response) => answerCost(response), ROOMY);
    const unmetered: string[] = [];
    meter.on('unmetered', ({ path }) => unmetered.push(path));
    const how = { fix: Object.preventExtensions, optionsOf: WAYS['over a connection of its own'] };
    expect(await fixed(metered, how, '')).toEqual(await fixed(bare, how, ''));
    expect(unmetered).toEqual(['/v3/brand/new']);
    expect(meter.snapshot()).toMatchObject({ calls: 0, callsInFlight: 0 });
  });
});

describe('a request over node:http that is over before it begins', () => {
  it('because its signal has aborted already, fails as without us, and nothing is held or sent', async () => {
    const { listener, arrivals } = silent();
    const { bare, metered, meter } = await origins(listener, ROOMY);
    const aborted = (url: string) => {
      const { request } = make(url, { signal: AbortSignal.abort() });
      const story = follow(request);
      request.end('{}');
      return story;
    };
    expect(await aborted(metered)).toEqual(await aborted(bare));
    expect(arrivals()).toBe(0);
    expect(meter.snapshot()).toMatchObject({ costNanos: 0, callsInFlight: 0 });
    expect(await meter.remaining()).toMatchObject([{ heldUsd: 0 }]);
  });

  it('because nobody ever ends it, holds nothing', async () => {
    const { metered, meter } = await origins(() => {}, ROOMY);
    const { request } = make(metered);
    request.write('{"model":');
    request.on('error', () => {});
    expect(await meter.remaining()).toMatchObject([{ heldUsd: 0 }]);
    expect(meter.snapshot().callsInFlight).toBe(0);
    request.destroy();
  });
});

describe('a time-out over node:http', () => {
  const LONG_MS = 60_000;
  const TIMEOUTS: Record<string, (url: string) => ClientRequest> = {
    'in the options': (url) => make(url, { timeout: LONG_MS }).request,
    'set on the request': (url) => make(url).request.setTimeout(LONG_MS),
    "of the agent's": (url) => make(url, { agent: new http.Agent({ timeout: LONG_MS }) }).request,
  };

  it.each(Object.entries(TIMEOUTS))(
    '%s fires as without us, and what its listener ends is charged at the estimate',
    async (_name, start) => {
      const { listener, arrivals } = silent();
      const { bare, metered, meter } = await origins(listener, ROOMY);
      const timedOut = async (url: string) => {
        const before = arrivals();
        const request = start(url);
        request.on('timeout', () => request.destroy());
        const story = follow(request);
        request.end('{}');
        await turnsUntil(() => arrivals() > before);
        expect(request.socket?.timeout).toBe(LONG_MS);
        request.socket?.emit('timeout'); // as its timer does
        return story;
      };
      expect(await timedOut(metered)).toEqual(await timedOut(bare));
      expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: ESTIMATE_NANOS, callsInFlight: 0 });
      expect(await meter.remaining()).toMatchObject([{ heldUsd: 0 }]);
    },
  );
});

describe('an agent that cannot make a connection', () => {
  const AGENTS: Record<string, () => [origin: string, agent: http.Agent]> = {
    'for its certificate is none': () => ['https://127.0.0.1:9', new https.Agent({ cert: 'not a pem', key: 'none' })],
    'and throws': () => ['http://127.0.0.1:9', Object.assign(new http.Agent(), { createConnection: refusing })],
  };
  const BODIES: Record<string, [type: string, send: (request: ClientRequest) => void]> = {
    'a body given to end': ['application/json', (request) => request.end('{}')],
    'a stream that pipes into it': ['application/json', (request) => Readable.from(['{', '}']).pipe(request)],
    'an upload': ['audio/mpeg', (request) => Readable.from(['a', 'b']).pipe(request)],
  };
  const LEDGERS = { 'at once': memoryLedger, later: laterLedger };
  const cases = Object.entries(AGENTS).flatMap(([which, agent]) =>
    Object.entries(BODIES).flatMap(([what, body]) =>
      Object.entries(LEDGERS).map(([when, ledger]) => [which, what, when, { agent, body, ledger }] as const),
    ),
  );

  it.each(cases)(
    '%s: the request fails with its error, with %s, admitted %s, and holds nothing',
    async (_which, _what, _when, { agent, body, ledger }) => {
      const [origin, broken] = agent();
      const { meter } = await origins(() => {}, { ...ROOMY, baseUrls: [origin], ledger: ledger() });
      const [type, send] = body;
      const ask = (path: string) =>
        (origin.startsWith('https') ? https : http).request(origin + path, {
          ...{ method: 'POST', agent: broken, headers: { 'content-type': type } },
        });
      const request = ask('/v3/brand/new');
      const story = follow(request);
      send(request);
      const { events } = await story;
      expect(events).toEqual([expect.stringMatching(/^request error /), 'request close']);
      expect(() => ask('/v3/models')).toThrow(/no start line|no connection/);
      expect(events[0]).toMatch(/no start line|no connection/);
      expect(await meter.remaining()).toMatchObject([{ remainingUsd: 1, heldUsd: 0 }]);
      expect(meter.snapshot()).toMatchObject({ costNanos: 0, callsInFlight: 0 });
    },
  );
});

function refusing(): never {
  throw new Error('no connection');
}

/** Answers as one over a network does: not at once. */
function laterLedger(): Ledger {
  const ledger = memoryLedger();
  const { reserveOrWait } = ledger;
  return Object.assign(ledger, {
    reserveOrWait: async (...args: Parameters<typeof reserveOrWait>) => reserveOrWait.apply(ledger, args),
  });
}
