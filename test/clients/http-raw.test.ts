import http, { type ClientRequest, type RequestOptions } from 'node:http';
import net, { type Socket } from 'node:net';
import { manualClock } from '@eden-cost/testing';
import { turnsUntil } from '../support/turns.js';
import { type Arrived, answerCost, arrived, COST_NANOS, follow, useOrigins } from './http-origins.js';

const origins = useOrigins();

const TIGHT = { budgets: [{ name: 'all', limitUsd: 0.02, window: 'total', estimateUsd: 0.015 } as const] };

const connect = (url: string): Socket => net.connect(Number(new URL(url).port), '127.0.0.1');

const failTo = (request: ClientRequest, error: Error): void =>
  (request.onSocket as (socket: unknown, error: Error) => void).call(request, null, error);

/** Requests that no agent of Node's hands to its sockets. */
const WAYS: Record<string, (url: string) => RequestOptions> = {
  'a connection of its own': (url) => ({ createConnection: () => connect(url) }),
  'an agent with its own addRequest': (url) => ({
    agent: Object.assign(new http.Agent(), {
      addRequest: (request: ClientRequest) => request.onSocket(connect(url)),
    }),
  }),
  'an agent that connects first': (url) => ({
    agent: Object.assign(new http.Agent(), {
      addRequest(request: ClientRequest) {
        const socket = connect(url);
        const failed = (error: Error) => failTo(request, error);
        socket.on('error', failed);
        socket.on('connect', () => request.onSocket(socket.off('error', failed)));
      },
    }),
  }),
};

describe.each(Object.entries(WAYS))('a request over node:http with %s', (_name, way) => {
  const make = (url: string, options: RequestOptions = {}) =>
    http.request(`${url}/v3/brand/new`, { method: 'POST', ...way(url), ...options });

  const BODIES: Record<string, (request: ClientRequest) => void> = {
    'given to end': (request) => void request.end('{"model":"any"}'),
    'written in pieces': (request) => {
      request.write('{"model":');
      request.write(Buffer.from('"déjà"'));
      request.end('}');
    },
    'flushed and written later': (request) => {
      request.flushHeaders();
      setImmediate(() => request.end('{}'));
    },
    'written from one callback to the next': (request) => {
      request.write('{"model":', () => request.write('"any"', () => request.end('}')));
    },
    empty: (request) => void request.end(),
  };

  it.each(Object.entries(BODIES))(
    'whose body is %s arrives as without us, and is charged once',
    async (_body, send) => {
      const received: Arrived[] = [];
      const { bare, metered, meter } = await origins(async (request, response) => {
        received.push(await arrived(request));
        answerCost(response);
      });
      const sent = (url: string) => {
        const request = make(url);
        const story = follow(request);
        send(request);
        return story;
      };
      expect(await sent(metered)).toEqual(await sent(bare));
      expect(received[0]).toEqual(received[1]);
      expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: COST_NANOS, callsInFlight: 0 });
    },
  );

  it.each<[string, (url: string, estimate: string) => RequestOptions]>([
    ['an object', (_url, estimate) => ({ headers: { 'x-eden-cost-estimate': estimate, 'x-last': '1' } })],
    [
      'an array',
      (url, estimate) => ({ headers: ['Host', new URL(url).host, 'X-Eden-Cost-Estimate', estimate, 'x-last', '1'] }),
    ],
    [
      'an object, with Expect',
      (_url, estimate) => ({ headers: { 'x-eden-cost-estimate': estimate, expect: '100-continue', 'x-last': '1' } }),
    ],
  ])('states an estimate in a header that does not arrive, given in %s', async (_how, optionsOf) => {
    const received: Arrived[] = [];
    const { metered, meter } = await origins(async (request, response) => {
      received.push(await arrived(request));
      answerCost(response);
    }, TIGHT);
    const sent = (estimate: string) => {
      const request = make(metered, optionsOf(metered, estimate));
      const story = follow(request);
      request.end('{"any":1}');
      return story;
    };
    expect((await sent('0.01')).events).toContain('response 200');
    expect((await sent('0.03')).events).toContain('response 402');
    expect(received).toMatchObject([{ length: '{"any":1}'.length }]);
    expect(received[0]?.headers.join()).not.toMatch(/estimate/i);
    expect(received[0]?.headers).toContain('x-last');
    expect(meter.snapshot()).toMatchObject({ calls: 1, deniedCalls: 1 });
  });

  it('that is held sends nothing until there is room, and then all of it', async () => {
    const received: Arrived[] = [];
    const answers: (() => void)[] = [];
    const clock = manualClock();
    const { metered, meter } = await origins(
      async (request, response) => {
        received.push(await arrived(request));
        answers.push(() => answerCost(response, 0.001));
      },
      { ...TIGHT, clock },
    );
    const first = make(metered);
    const firstStory = follow(first);
    first.end('{"first":1}');
    await turnsUntil(() => answers.length === 1);
    const quiet = clock.pending;

    const held = make(metered);
    const story = follow(held);
    const called: string[] = [];
    held.write('{"held":', () => called.push('write'));
    held.end('1}', () => called.push('end'));
    await turnsUntil(() => clock.pending > quiet && held.socket?.connecting === false);
    expect(held.socket?.bytesWritten).toBe(0);
    expect(called).toEqual([]);

    answers[0]?.();
    expect((await firstStory).events).toContain('response 200');
    await turnsUntil(() => answers.length === 2);
    answers[1]?.();
    expect((await story).events).toContain('response 200');
    expect(called).toEqual(['write', 'end']);
    expect(received[1]).toMatchObject({ length: '{"held":1}'.length });
    expect(meter.snapshot()).toMatchObject({ calls: 2, costNanos: 2_000_000, callsInFlight: 0 });
  });

  it.each<[string, (request: ClientRequest, controller: AbortController) => void]>([
    ['destroyed', (request) => void request.destroy()],
    ['destroyed with an error', (request) => void request.destroy(new Error('enough'))],
    ['aborted by its signal', (_request, controller) => controller.abort()],
  ])('that is %s while it is held ends at once, and is never sent', async (_how, end) => {
    let arrivals = 0;
    let answer = () => {};
    const clock = manualClock();
    const { metered, meter } = await origins(
      (_request, response) => {
        arrivals += 1;
        answer = () => answerCost(response, 0.001);
      },
      { ...TIGHT, clock },
    );
    const first = make(metered);
    const firstStory = follow(first);
    first.end('{}');
    await turnsUntil(() => arrivals === 1);
    const quiet = clock.pending;

    const controller = new AbortController();
    const held = make(metered, { signal: controller.signal });
    const story = follow(held);
    held.end('{}');
    await turnsUntil(() => clock.pending > quiet && held.socket?.connecting === false);
    end(held, controller);
    const { events } = await story;
    expect(events.filter((event) => !event.endsWith('finish'))).toEqual([
      expect.stringMatching(/^request error/),
      'request close',
    ]);

    answer();
    await firstStory;
    await turnsUntil(() => meter.snapshot().callsInFlight === 0);
    expect(arrivals).toBe(1);
    expect(meter.snapshot()).toMatchObject({ costNanos: 1_000_000 });
    expect(await meter.remaining()).toMatchObject([{ heldUsd: 0 }]);
  });

  it('that is denied after it was held gets the 402, and sends nothing', async () => {
    let answer = () => {};
    let arrivals = 0;
    const clock = manualClock();
    const { metered, meter } = await origins(
      (_request, response) => {
        arrivals += 1;
        answer = () => answerCost(response, 0.02);
      },
      { ...TIGHT, clock },
    );
    const first = make(metered);
    const firstStory = follow(first);
    first.end('{}');
    await turnsUntil(() => arrivals === 1);
    const quiet = clock.pending;

    const held = make(metered);
    const story = follow(held);
    held.end('{}');
    await turnsUntil(() => clock.pending > quiet && held.socket?.connecting === false);
    answer();
    expect((await firstStory).events).toContain('response 200');
    expect((await story).events).toContain('response 402');
    expect(held.socket?.bytesWritten).toBe(0);
    expect(arrivals).toBe(1);
    expect(meter.snapshot()).toMatchObject({ deniedCalls: 1, callsInFlight: 0 });
  });

  it('that cannot connect is no charge', async () => {
    const { meter } = await origins(() => {}, { baseUrls: ['http://127.0.0.1:1'] });
    const request = make('http://127.0.0.1:1');
    const refused = follow(request);
    request.end('{}');
    expect((await refused).events).toContain('request close');
    expect(meter.snapshot()).toMatchObject({ costNanos: 0, callsInFlight: 0 });
  });
});
