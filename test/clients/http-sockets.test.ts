import http, { type RequestOptions } from 'node:http';
import https from 'node:https';
import net, { type Socket } from 'node:net';
import type { MeterOptions } from '@eden-cost/core';
import { many } from '../support/lists.js';
import { turnsUntil } from '../support/turns.js';
import { answerCost, COST_NANOS, follow, type Origins, useOrigins } from './http-origins.js';

const origins = useOrigins();

const ROOMY: MeterOptions = { budgets: [{ name: 'all', limitUsd: 1_000, window: 'total' }] };

const agents: http.Agent[] = [];
afterEach(() => {
  for (const agent of agents.splice(0)) agent.destroy();
});

/** An agent that keeps its connections; at most so many of them. */
function keepAlive(maxSockets: number): http.Agent {
  const agent = new http.Agent({ keepAlive: true, maxSockets });
  agents.push(agent);
  return agent;
}

async function post(url: string, agent: http.Agent, options: RequestOptions = {}) {
  const request = http.request(`${url}/v3/brand/new`, { method: 'POST', agent, ...options });
  const story = follow(request);
  request.end('{}');
  const { events } = await story;
  return { request, events, status: Number(/response (\d+)/.exec(events.join('\n'))?.[1]) };
}

/** Makes a call and no more of it than it must: which connection it had, when that is free again. */
const socketOf = (url: string, agent: http.Agent): Promise<Socket | null> =>
  new Promise((resolve, reject) => {
    const request = http.request(url, { method: 'POST', agent }, (response) => response.resume());
    request.on('error', reject).on('close', () => resolve(request.socket));
    request.end('{}');
  });

/** How many listen to each of its events, and what it holds. */
const stateOf = (socket: Socket) => ({
  listeners: Object.fromEntries(socket.eventNames().map((event) => [String(event), socket.listenerCount(event)])),
  keys: Reflect.ownKeys(socket).map(String).sort(),
});

const remains = async ({ meter }: Origins) => ({
  inFlight: meter.snapshot().callsInFlight,
  heldUsd: (await meter.remaining())[0]?.heldUsd,
});

describe('connections over node:http', () => {
  it('carry 10,000 calls one after the other, and nothing stays behind on them', async () => {
    const there = await origins((_request, response) => answerCost(response), ROOMY);
    const agent = keepAlive(1);
    const { request: first } = await post(there.metered, agent);
    const socket = first.socket as Socket;
    await post(there.metered, agent);
    const before = stateOf(socket);
    let onAnother = 0;
    for (let call = 2; call < 10_000; call++) {
      if ((await socketOf(`${there.metered}/v3/brand/new`, agent)) !== socket) onAnother += 1;
    }
    expect(onAnother).toBe(0);
    expect(stateOf(socket)).toEqual(before);
    expect(there.meter.snapshot()).toMatchObject({ calls: 10_000, costNanos: 10_000 * COST_NANOS });
    expect(await remains(there)).toEqual({ inFlight: 0, heldUsd: 0 });
  }, 120_000);

  it('are as many as without us, in the same state', async () => {
    const { bare, metered } = await origins((_request, response) => answerCost(response), ROOMY);
    const used = async (url: string) => {
      const agent = keepAlive(3);
      await Promise.all(many(30, () => post(url, agent)));
      const [free = []] = Object.values(agent.freeSockets);
      return free.map((socket) => stateOf(socket));
    };
    const [withUs, without] = [await used(metered), await used(bare)];
    expect(withUs).toEqual(without);
    expect(without).toHaveLength(3);
  });

  it('go to the requests that wait for them in turn, each in its own scope', async () => {
    const { metered, meter } = await origins((request, response) => {
      answerCost(response, Number(request.headers['x-cost']));
    });
    const agent = keepAlive(2);
    const totals = await Promise.all(
      many(50, (index) =>
        meter.run({}, async () => {
          await post(metered, agent, { headers: { 'x-cost': String((index + 1) / 1_000) } });
          return meter.current()?.totalNanos;
        }),
      ),
    );
    expect(totals).toEqual(many(50, (index) => (index + 1) * 1_000_000));
  });

  it('are not taken by a call that is denied, nor spoilt for the next', async () => {
    const there = await origins((_request, response) => answerCost(response), {
      budgets: [{ name: 'all', limitUsd: 1, window: 'total' }],
    });
    const agent = keepAlive(1);
    const { request: first } = await post(there.metered, agent);
    const denied = await Promise.all(
      many(20, () => post(there.metered, agent, { headers: { 'x-eden-cost-estimate': '5' } })),
    );
    expect(denied.map(({ status }) => status)).toEqual(many(20, () => 402));
    expect([agent.requests, agent.sockets].map((waiting) => Object.keys(waiting))).toEqual([[], []]);
    const { request: last, status } = await post(there.metered, agent);
    expect(status).toBe(200);
    expect(last.socket).toBe(first.socket);
    expect(await remains(there)).toEqual({ inFlight: 0, heldUsd: 0 });
  });

  it('are not taken by a call that is held', async () => {
    const answers: (() => void)[] = [];
    const there = await origins(
      (request, response) => {
        if (request.method === 'GET') response.end();
        else answers.push(() => answerCost(response, 0.001));
      },
      { budgets: [{ name: 'all', limitUsd: 0.02, window: 'total', estimateUsd: 0.015 }] },
    );
    const first = post(there.metered, keepAlive(1));
    await turnsUntil(() => answers.length === 1);
    const agent = keepAlive(1);
    const held = post(there.metered, agent);

    const free = http.get(`${there.metered}/v3/models`, { agent });
    expect((await follow(free)).events).toContain('response 200');
    expect(answers).toHaveLength(1);

    answers[0]?.();
    await turnsUntil(() => answers.length === 2);
    answers[1]?.();
    expect([(await first).status, (await held).status]).toEqual([200, 200]);
    expect(await remains(there)).toEqual({ inFlight: 0, heldUsd: 0 });
  });

  it("are made by an agent that calls Node's older addRequest(request, host, port), as without us", async () => {
    const { bare, metered, meter } = await origins((_request, response) => answerCost(response));
    const common = http.Agent.prototype as unknown as { addRequest(...args: unknown[]): void };
    const agent = keepAlive(1);
    const addRequest = (request: http.ClientRequest, { host, port }: RequestOptions) =>
      common.addRequest.call(agent, request, host, port);
    Object.assign(agent, { addRequest });
    const answered = [await post(bare, agent), await post(metered, agent)];
    expect(answered.map(({ status }) => status)).toEqual([200, 200]);
    expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: COST_NANOS, callsInFlight: 0 });
  });

  it('that are destroyed with their agent take no call along that is held: it goes out over a new one', async () => {
    const answers: (() => void)[] = [];
    const there = await origins((_request, response) => void answers.push(() => answerCost(response, 0.001)), {
      budgets: [{ name: 'all', limitUsd: 0.02, window: 'total', estimateUsd: 0.015 }],
    });
    const first = post(there.metered, keepAlive(1));
    await turnsUntil(() => answers.length === 1);
    const agent = keepAlive(1);
    const held = post(there.metered, agent);
    agent.destroy();
    answers[0]?.();
    await turnsUntil(() => answers.length === 2);
    answers[1]?.();
    expect([(await first).status, (await held).status]).toEqual([200, 200]);
    expect(await remains(there)).toEqual({ inFlight: 0, heldUsd: 0 });
  });

  it('that the server closed between two calls fail as without us, or are made anew', async () => {
    const closing = async (url: string) => {
      const agent = keepAlive(1);
      const { request } = await post(url, agent);
      const closed = new Promise((resolve) => request.socket?.once('close', resolve));
      request.socket?.destroy();
      await closed;
      const { request: next, status } = await post(url, agent);
      return { status, again: next.socket !== request.socket };
    };
    const { bare, metered, meter } = await origins((_request, response) => answerCost(response));
    expect(await closing(metered)).toEqual(await closing(bare));
    expect(meter.snapshot()).toMatchObject({ calls: 2, costNanos: 2 * COST_NANOS });
  });
});

describe('a call over node:http that is denied', () => {
  const denying = () =>
    origins((_request, response) => answerCost(response), { budgets: [{ name: 'none', limitUsd: 0, window: 'day' }] });

  it('is answered as the endpoint would answer, on a connection that is none', async () => {
    const { metered } = await denying();
    const request = http.request(`${metered}/v3/chat/completions`, { method: 'POST' });
    const sockets: Socket[] = [];
    request.on('socket', (socket) => sockets.push(socket));
    const answer = new Promise<http.IncomingMessage>((resolve) => request.on('response', resolve));
    request.setNoDelay(true);
    request.setSocketKeepAlive(true, 10);
    request.setTimeout(1_000);
    request.end('{}');
    const response = await answer;
    expect(response).toMatchObject({ statusCode: 402, statusMessage: 'Payment Required', httpVersion: '1.1' });
    expect(response.headers).toMatchObject({
      ...{ 'content-type': 'application/json', 'x-should-retry': 'false' },
      'x-eden-cost-denial': expect.any(String),
    });
    const text = Buffer.concat(await response.toArray()).toString();
    expect(response.headers['content-length']).toBe(String(Buffer.byteLength(text)));
    expect(JSON.parse(text)).toMatchObject({ error: { code: expect.any(String), message: expect.any(String) } });
    expect(response.complete).toBe(true);
    expect(sockets).toHaveLength(1);
    expect(sockets[0]?.remoteAddress).toBe('127.0.0.1');
  });

  const CALLS = ['address', 'setTimeout', 'setNoDelay', 'setKeepAlive', 'ref', 'unref', 'destroySoon'];
  const TLS_CALLS = [
    ...['getPeerCertificate', 'getCipher', 'getProtocol', 'getSession', 'isSessionReused', 'getPeerX509Certificate'],
    ...['getEphemeralKeyInfo', 'getTLSTicket', 'getSharedSigalgs', 'getFinished', 'getPeerFinished'],
  ];

  it.each([
    ['http', CALLS, TLS_CALLS],
    ['https', [...CALLS, ...TLS_CALLS], []],
  ] as const)('over %s has a socket that says what one of its kind does', async (protocol, calls, lacks) => {
    const origin = `${protocol}://127.0.0.1:9`; // nobody is there
    await origins(() => {}, { baseUrls: [origin], budgets: [{ name: 'none', limitUsd: 0, window: 'day' }] });
    const request = (protocol === 'https' ? https : http).request(`${origin}/v3/chat/completions`, { method: 'POST' });
    let told: unknown;
    const story = follow(request, {
      answered: (response) => {
        const socket = response.socket as Socket & Record<string, unknown>;
        const results = calls.map((name) => (socket[name] as () => unknown).call(socket));
        told = { encrypted: socket.encrypted, has: lacks.filter((name) => name in socket), results: results.length };
        response.resume();
      },
    });
    request.end('{}');
    expect((await story).events).toContain('response 402');
    expect(told).toEqual({ encrypted: protocol === 'https' || undefined, has: [], results: calls.length });
  });

  it('tells the same events as a 402 of the server itself', async () => {
    const { metered, bare } = await origins(
      (_request, response) => void response.writeHead(402, { connection: 'close' }).end('{}'),
      { budgets: [{ name: 'none', limitUsd: 0, window: 'day' }] },
    );
    const agent = keepAlive(1);
    const told = async (url: string) => [...(await post(url, agent)).events].sort();
    expect(await told(metered)).toEqual(await told(bare));
  });

  it('whose answer nobody listens for does no harm', async () => {
    const { metered, meter } = await denying();
    const request = http.request(`${metered}/v3/chat/completions`, { method: 'POST' });
    const closed = new Promise((resolve) => request.on('close', resolve));
    request.end('{}');
    await closed;
    expect(meter.snapshot()).toMatchObject({ deniedCalls: 1, callsInFlight: 0 });
  });

  it.each(['with a connection of its own', 'through an agent with its own addRequest'])(
    '%s sends nothing',
    async (kind) => {
      let bytes = 0;
      const { metered, meter } = await denying();
      const { port } = new URL(metered);
      const connect = () => {
        const socket = net.connect(Number(port), '127.0.0.1');
        socket.on('close', () => {
          bytes += socket.bytesWritten;
        });
        return socket;
      };
      const agent = Object.assign(new http.Agent(), {
        addRequest: (request: http.ClientRequest) => request.onSocket(connect()),
      });
      const options = kind.includes('agent') ? { agent } : { createConnection: connect };
      const request = http.request(`${metered}/v3/chat/completions`, { method: 'POST', ...options });
      const story = follow(request);
      request.write('{"model":');
      request.end('"any"}');
      expect((await story).events).toContain('response 402');
      expect(bytes).toBe(0);
      expect(meter.snapshot()).toMatchObject({ deniedCalls: 1, callsInFlight: 0 });
    },
  );
});
