import {
  type EdenStandIn,
  PAYMENT_REQUIRED,
  type PaymentRequiredShape,
  type ReplyOptions,
  standInHeaders,
  startEdenStandIn,
} from './index.js';

let eden: EdenStandIn;
beforeAll(async () => {
  eden = await startEdenStandIn();
});
afterEach(() => eden.reset());
afterAll(() => eden.close());

const post = (path: string, options: ReplyOptions = {}) =>
  fetch(eden.url + path, { method: 'POST', headers: standInHeaders(options), body: '{}' });

describe('402', () => {
  it('has the documented body, word for word', () => {
    expect(PAYMENT_REQUIRED.documented).toBe('{"error": "Insufficient credits"}');
  });

  it.each(Object.keys(PAYMENT_REQUIRED) as PaymentRequiredShape[])('can have the %s body', async (errorShape) => {
    const response = await post('/v3/chat/completions', { status: 402, errorShape });
    expect(response.status).toBe(402);
    expect(await response.text()).toBe(PAYMENT_REQUIRED[errorShape]);
  });

  it.each<[string, PaymentRequiredShape]>([
    ['/v3/chat/completions', 'openai'],
    ['/v3/responses', 'openai'],
    ['/v3/embeddings', 'openai'],
    ['/v3/audio/speech', 'openai'],
    ['/v3/videos', 'openai'],
    ['/v3/v1/messages', 'anthropic'],
    ['/v3/universal-ai', 'detail'],
    ['/v3/universal-ai/async', 'detail'],
    ['/v2/text/chat', 'v2'],
    ['/v3/anything/else', 'documented'],
  ])('%s has the %s body by default, and it books nothing', async (path, shape) => {
    eden.setBalance(0);
    expect(await (await post(path)).text()).toBe(PAYMENT_REQUIRED[shape]);
    expect(await (await post(path, { errorShape: 'balance' })).text()).toBe(PAYMENT_REQUIRED.balance);
    expect(eden.books().charges).toEqual([]);
  });
});

describe('other errors', () => {
  it('429 says when to come back, in its header and in its body', async () => {
    const response = await post('/v3/chat/completions', { status: 429, retryAfter: 2, retryAfterInBody: 1.5 });
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(JSON.parse(await response.text())).toEqual({
      detail: 'Rate limit exceeded',
      error_code: 'RATE_LIMITED',
      retry_after: 1.5,
    });
  });

  it.each([401, 403])('%s has the same body everywhere', async (status) => {
    expect(await (await post('/v3/chat/completions', { status })).json()).toEqual({ detail: 'Invalid token' });
  });

  it.each([
    ['/v3/chat/completions', { error: { message: 'no', type: 'invalid_request_error', param: null, code: '422' } }],
    ['/v3/v1/messages', { type: 'error', error: { type: 'invalid_request_error', message: 'no' } }],
    ['/v3/universal-ai', { detail: 'no' }],
    ['/v2/text/chat', { error: { type: 'invalid_request_error', message: 'no' } }],
  ])('%s writes errors in the shape of its family', async (path, expected) => {
    expect(await (await post(path, { status: 422, errorMessage: 'no' })).json()).toEqual(expected);
  });

  it.each([400, 404, 451, 500, 502, 503, 504, 524])('%s is not billed', async (status) => {
    const response = await post('/v3/chat/completions', { status });
    expect(response.status).toBe(status);
    await response.text();
    expect(eden.books().charges).toEqual([]);
  });

  it('a 5xx that has a cost is billed', async () => {
    const response = await post('/v3/chat/completions', { status: 502, costUsd: 0.25 });
    expect(JSON.parse(await response.text())).toMatchObject({ error: {}, cost: 0.25 });
    expect(eden.books().totalNanos).toBe(250_000_000);
  });

  it('a redirect has no body and is not billed', async () => {
    const init = { method: 'POST', body: '{}', redirect: 'manual' } as const;
    eden.script({ status: 307, headers: { location: '/elsewhere' } });
    const response = await fetch(`${eden.baseUrl}/embeddings`, init);
    expect([response.status, await response.text()]).toEqual([307, '']);
    expect(eden.books().charges).toEqual([]);
  });
});
