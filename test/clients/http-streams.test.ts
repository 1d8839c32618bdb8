import http, { type RequestOptions } from 'node:http';
import type { EdenStandIn, ReplyOptions } from '@eden-cost/testing';
import { standInHeaders } from '@eden-cost/testing';
import { CHAT } from '../support/calls.js';
import { useTwins } from '../support/twins.js';
import { follow } from './http-origins.js';

const twins = useTwins({ costUsd: '0.012345678' });

const NANOS = 12_345_678;
const ESTIMATE_NANOS = 10_000_000;
const ASKED = { include_usage: true };
const STREAM = { ...CHAT, stream: true };
/** Spaces, order and spelling of its own: what an app sends is not written anew. */
const BODY = `{ "stream" :true, "temperature":1.0,  "seed":12345678901234567890, ${JSON.stringify(CHAT).slice(1)}`;

/** Sends a chat over node:http, and reads its answer to the end. */
async function chat(eden: EdenStandIn, body: string, reply: ReplyOptions = {}, options: RequestOptions = {}) {
  const headers = { 'content-type': 'application/json', ...standInHeaders(reply), ...options.headers };
  return sent(eden, body, { ...options, headers });
}

async function sent(eden: EdenStandIn, body: string, options: RequestOptions) {
  const request = http.request(`${eden.baseUrl}/chat/completions`, { method: 'POST', agent: false, ...options });
  const chunks: Buffer[] = [];
  request.on('response', (response) => response.on('data', (chunk: Buffer) => chunks.push(chunk)));
  const story = follow(request);
  request.end(body);
  return { ...(await story), text: Buffer.concat(chunks).toString() };
}

/** A stream without the last event that tells its usage. */
function withoutUsage(text: string, lineEnd = '\n'): string {
  const events = text.split(lineEnd + lineEnd);
  const last = events.findLastIndex((event) => /"usage": ?\{/.test(event));
  return events.filter((_, index) => index !== last).join(lineEnd + lineEnd);
}

const SHAPES: Record<string, ReplyOptions> = {
  'as Eden AI sends it': {},
  'one byte at a time': { pieceBytes: 1 },
  'seven bytes at a time': { pieceBytes: 7 },
  'in one piece': { joinEvents: true },
  'with carriage returns': { lineEnd: 'crlf' },
  "with OpenAI's own usage event": { usageChoices: 'none' },
  'with a null usage in every other event': { usageNull: true },
  'with a usage in every event': { usageOn: 'every' },
  'without [DONE]': { withoutDone: true },
  'of 500 events': { chunks: 500 },
};

describe('a streamed chat over node:http', () => {
  it.each(Object.entries(SHAPES))(
    '%s is what was received but for the usage event, and charged',
    async (_name, reply) => {
      const meter = twins.meter();
      const whole = await chat(twins.bare, JSON.stringify({ ...STREAM, stream_options: ASKED }), reply);
      const story = await chat(twins.eden, JSON.stringify(STREAM), reply);
      expect(story.text).toBe(withoutUsage(whole.text, reply.lineEnd === 'crlf' ? '\r\n' : '\n'));
      expect(story.text.length).toBeLessThan(whole.text.length);
      expect(story.events).toEqual(whole.events);
      expect(story.headers).toEqual(whole.headers);
      expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: NANOS, callsInFlight: 0 });
      expect(twins.eden.books().totalNanos).toBe(NANOS);
    },
  );

  const KEPT: Record<string, ReplyOptions> = {
    'the last event has both its usage and its end': { usageOn: 'finish' },
    'its usage event says something that nobody knows': { usageExtra: { eden_note: 'read me' } },
    'it is compressed although it was asked not to be': { encoding: 'gzip' },
  };

  it.each(Object.entries(KEPT))('is passed on whole when %s, and charged', async (_name, reply) => {
    const meter = twins.meter();
    const whole = await chat(twins.bare, JSON.stringify({ ...STREAM, stream_options: ASKED }), reply);
    const story = await chat(twins.eden, JSON.stringify(STREAM), reply);
    expect(story).toEqual(whole);
    expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: NANOS });
  });

  it.each<[how: string, options: RequestOptions]>([
    ['with a length', { headers: { 'content-length': Buffer.byteLength(BODY) } }],
    ['in chunks', { headers: { 'transfer-encoding': 'chunked' } }],
    ['without either', {}],
  ])('%s asks by a few bytes, and changes no other', async (_how, options) => {
    twins.meter();
    await chat(twins.bare, BODY, {}, options);
    await chat(twins.eden, BODY, {}, options);
    const [bare, metered] = [twins.bare.requests()[0], twins.eden.requests()[0]];
    const added = ',"stream_options":{"include_usage":true}';
    expect(metered?.bodyText).toBe(`${BODY.slice(0, -1)}${added}}`);
    expect(metered?.body).toMatchObject({ stream_options: ASKED });
    const { host: _host, 'accept-encoding': encoding, 'content-length': length, ...headers } = metered?.headers ?? {};
    const { host: _bare, 'content-length': bareLength, ...others } = bare?.headers ?? {};
    expect(headers).toEqual(others);
    expect(encoding).toBe('identity');
    expect(length).toBe(bareLength && String(Number(bareLength) + added.length));
  });

  const flat = (headers: Record<string, unknown>) => Object.entries(headers).flat() as never;
  const given = { Host: 'eden', 'Content-Type': 'application/json', 'X-Eden-Cost-Estimate': '0.02', 'X-Last': '1' };

  it.each<[how: string, headers: Record<string, unknown>]>([
    ['with a length', { ...given, 'Content-Length': Buffer.byteLength(BODY) }],
    ['in chunks', { ...given, 'Transfer-Encoding': 'chunked' }],
    ['with an encoding of its own', { ...given, 'Accept-Encoding': 'gzip' }],
  ])('whose headers are an array, %s, asks like any other', async (_how, headers) => {
    const meter = twins.meter();
    const whole = await sent(twins.bare, JSON.stringify({ ...STREAM, stream_options: ASKED }), {
      headers: flat(given),
    });
    const story = await sent(twins.eden, BODY, { headers: flat(headers) });
    expect(story.text).toBe(withoutUsage(whole.text));
    const { bodyText, headers: received } = twins.eden.requests()[0] ?? {};
    expect(JSON.parse(String(bodyText))).toMatchObject({ stream_options: ASKED });
    expect(received).toMatchObject({ host: 'eden', 'x-last': '1', 'accept-encoding': 'identity' });
    expect(received).not.toHaveProperty('x-eden-cost-estimate');
    expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: NANOS, callsInFlight: 0 });
  });

  it('whose headers are an array is sent again as it was made, when it is refused', async () => {
    const meter = twins.meter();
    const headers = flat({ ...given, ...standInHeaders({ rejectStreamOptions: 422 }) });
    const { events } = await sent(twins.eden, BODY, { headers });
    expect(events).toContain('response 200');
    expect(twins.eden.requests().map(({ bodyText }) => bodyText)).toEqual([expect.stringContaining('include'), BODY]);
    const { headers: received } = twins.eden.requests()[1] ?? {};
    expect(received).toMatchObject({ host: 'eden', 'x-last': '1' });
    expect(received).not.toHaveProperty('x-eden-cost-estimate');
    expect(received).not.toHaveProperty('accept-encoding');
    expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: 20_000_000, callsInFlight: 0 }); // its own estimate
  });

  it.each([
    ['asks for its usage itself', ASKED, NANOS],
    ['does not want its usage', { include_usage: false }, ESTIMATE_NANOS],
  ])('that %s is left alone', async (_who, stream_options, nanos) => {
    const meter = twins.meter();
    const body = JSON.stringify({ ...STREAM, stream_options });
    expect(await chat(twins.eden, body)).toEqual(await chat(twins.bare, body));
    expect(twins.eden.requests()[0]?.bodyText).toBe(body);
    expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: nanos });
  });

  it("is left alone by a meter that is told to, with streamUsage: 'leave'", async () => {
    const meter = twins.meter({ streamUsage: 'leave' });
    const body = JSON.stringify(STREAM);
    expect(await chat(twins.eden, body)).toEqual(await chat(twins.bare, body));
    expect(twins.eden.requests()[0]?.bodyText).toBe(body);
    expect(meter.snapshot()).toMatchObject({ costNanos: ESTIMATE_NANOS });
  });
});

describe('a server that refuses to tell the usage of a stream, over node:http', () => {
  it.each([400, 422] as const)(
    'by %i gets the request as the app made it, and the app sees only the answer to that',
    async (status) => {
      const meter = twins.meter();
      const reply = { rejectStreamOptions: status };
      await chat(twins.bare, BODY); // the answers of both then have the same number
      const { headers: _bare, ...bare } = await chat(twins.bare, BODY, reply);
      const { headers: _metered, ...metered } = await chat(twins.eden, BODY, reply);
      expect(metered).toEqual(bare);
      expect(metered.events).toContain('response 200');
      expect(twins.eden.requests().map(({ bodyText }) => bodyText)).toEqual([expect.stringContaining('include'), BODY]);
      expect(twins.eden.requests()[1]?.headers).toMatchObject({ 'content-type': 'application/json' });
      expect(twins.eden.requests()[1]?.headers).not.toHaveProperty('accept-encoding');
      expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: ESTIMATE_NANOS, callsInFlight: 0 });
    },
  );

  it('has it sent twice, and not a third time', async () => {
    const meter = twins.meter();
    twins.eden.script({ status: 422, times: 2 }); // the third would be answered
    const request = http.request(`${twins.eden.baseUrl}/chat/completions`, {
      ...{ method: 'POST', agent: false, headers: { 'content-type': 'application/json' } },
    });
    request.end(BODY);
    expect((await follow(request)).events).toContain('response 422');
    expect(twins.eden.requests().map(({ bodyText }) => bodyText)).toEqual([expect.stringContaining('include'), BODY]);
    expect(meter.snapshot()).toMatchObject({ failedCalls: 1, callsInFlight: 0 });
  });

  it('is not asked again for that model', async () => {
    const meter = twins.meter();
    const reply: ReplyOptions = { rejectStreamOptions: 422 };
    for (let call = 0; call < 3; call++) await chat(twins.eden, BODY, reply);
    expect(twins.eden.books().requests).toBe(4);
    await chat(twins.eden, JSON.stringify({ ...STREAM, model: 'openai/gpt-4o-mini' }));
    expect(twins.eden.requests().at(-1)?.bodyText).toContain('include_usage');
    expect(meter.snapshot()).toMatchObject({ calls: 4, costNanos: 3 * ESTIMATE_NANOS + NANOS });
  });

  it('and refuses the request itself as well has its refusal passed on, and nothing is charged', async () => {
    const meter = twins.meter({ rateCard: false, budgets: [{ name: 'all', limitUsd: 1, window: 'total' }] });
    const reply: ReplyOptions = { status: 422, errorMessage: 'no such parameter' };
    const { headers: _bare, ...bare } = await chat(twins.bare, BODY, reply);
    const { headers: _metered, ...metered } = await chat(twins.eden, BODY, reply);
    expect(metered).toEqual(bare);
    expect(metered.events).toContain('response 422');
    expect(twins.eden.books().requests).toBe(2);
    expect(meter.snapshot()).toMatchObject({ costNanos: 0, failedCalls: 1, callsInFlight: 0 });
    expect(await meter.remaining()).toMatchObject([{ remainingUsd: 1, heldUsd: 0 }]);
  });

  it('is asked the second time over the very connection that the first answer leaves free', async () => {
    const meter = twins.meter();
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    let connections = 0;
    const create = agent.createConnection as (...args: unknown[]) => unknown;
    Object.assign(agent, {
      createConnection(...args: unknown[]) {
        connections += 1;
        return create.apply(agent, args);
      },
    });
    const { events } = await chat(twins.eden, BODY, { rejectStreamOptions: 422 }, { agent });
    expect(events).toContain('response 200');
    await chat(twins.eden, BODY, {}, { agent });
    expect(connections).toBe(1);
    expect(twins.eden.books().requests).toBe(3);
    expect(meter.snapshot()).toMatchObject({ calls: 2, callsInFlight: 0 });
    agent.destroy();
  });

  it.each<[string, (request: http.ClientRequest, controller: AbortController) => void]>([
    ['destroyed', (request) => void request.destroy()],
    ['aborted by its signal', (_request, controller) => controller.abort()],
  ])('does not answer a request that is %s while the second one is on its way', async (_how, end) => {
    const meter = twins.meter();
    twins.eden.script({ match: { body: (body) => JSON.stringify(body).includes('include_usage') }, status: 422 });
    twins.eden.script({ hold: new Promise(() => {}) });
    const controller = new AbortController();
    const request = http.request(`${twins.eden.baseUrl}/chat/completions`, {
      ...{ method: 'POST', agent: false, signal: controller.signal },
      headers: { 'content-type': 'application/json' },
    });
    const story = follow(request);
    request.end(BODY);
    await twins.eden.received(2);
    end(request, controller);
    const { events } = await story;
    expect(events).toEqual(['request finish', expect.stringMatching(/^request error/), 'request close']);
    await twins.eden.idle();
    expect(twins.eden.requests().map(({ outcome }) => outcome)).toEqual(['complete', 'aborted']);
    expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: ESTIMATE_NANOS, callsInFlight: 0 });
  });
});
