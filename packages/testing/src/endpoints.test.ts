import { type EdenStandIn, standInHeaders, startEdenStandIn } from './index.js';

let eden: EdenStandIn;
beforeAll(async () => {
  eden = await startEdenStandIn();
});
afterEach(() => eden.reset());
afterAll(() => eden.close());

const json = async (response: Response) => JSON.parse(await response.text());

const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  fetch(eden.url + path, {
    method,
    headers: {
      ...(body !== undefined && !(body instanceof FormData) && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: body instanceof FormData ? body : JSON.stringify(body) }),
  });
const post = (path: string, body: unknown, headers?: Record<string, string>) => send('POST', path, body, headers);

function form(fields: Record<string, string>, bytes = 10): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  data.set('file', new Blob([Buffer.alloc(bytes)], { type: 'audio/mpeg' }), 'a.mp3');
  return data;
}

const hello = [{ role: 'user', content: 'Hello' }];

describe('endpoints that say their cost in the body', () => {
  it.each<[string, string, unknown, Record<string, unknown>]>([
    ['/v3/chat/completions', 'chat', { model: 'openai/gpt-4o', messages: hello }, { object: 'chat.completion' }],
    ['/v3/responses', 'responses', { model: 'openai/gpt-4o', input: 'Hello' }, { object: 'response' }],
    [
      '/v3/v1/messages',
      'messages',
      { model: 'anthropic/claude-sonnet-4-5', max_tokens: 9, messages: hello },
      { type: 'message' },
    ],
    ['/v3/embeddings', 'embeddings', { model: 'openai/text-embedding-3-small', input: 'Hello' }, { object: 'list' }],
    ['/v3/images/generations', 'images', { model: 'openai/gpt-image-1', prompt: 'a cat', n: 2 }, {}],
    ['/v3/images/edits', 'images', { model: 'openai/gpt-image-1', prompt: 'a cat' }, {}],
    ['/v3/moderations', 'moderation', { model: 'openai/omni-moderation-latest', input: 'Hello' }, {}],
    ['/v3/alpha/decisions', 'other', { question: 'Go?' }, { decision: 'yes' }],
  ])('%s has a number, and books it to the nano', async (path, operation, body, expected) => {
    const response = await post(path, body);
    const text = await response.text();
    expect(response.status).toBe(200);
    const answer = JSON.parse(text);
    expect(answer).toMatchObject(expected);
    expect(typeof answer.cost).toBe('number');
    expect(typeof answer.provider).toBe('string');
    const [charge, ...more] = eden.books().charges;
    expect(more).toEqual([]);
    expect(charge).toMatchObject({ operation, path, streamed: false, cached: false, byok: false });
    expect(charge?.nanos).toBeGreaterThan(0);
    expect(charge?.nanos).toBe(Math.round(answer.cost * 1e9));
    expect(text).toContain(`"cost":${charge?.rawCost}`);
  });

  it('/responses repeats the cost in its usage', async () => {
    const answer = await json(await post('/v3/responses', { model: 'openai/gpt-4o', input: 'x' }));
    expect(answer.usage.cost).toBe(answer.cost);
    expect(answer.provider_time).toBeGreaterThan(0);
  });

  it('images are sold by the piece', async () => {
    const answer = await json(await post('/v3/images/generations', { prompt: 'cats', n: 3 }));
    expect(answer.data).toHaveLength(3);
    expect(answer.cost).toBe(0.126);
  });

  it('/images/edits takes a form', async () => {
    const answer = await json(
      await post('/v3/images/edits', form({ model: 'openai/gpt-image-1', prompt: 'x', n: '2' })),
    );
    expect(answer.cost).toBe(0.084);
    expect(eden.requests()[0]?.body).toEqual({
      model: 'openai/gpt-image-1',
      prompt: 'x',
      n: '2',
      file: { filename: 'a.mp3', type: 'audio/mpeg', size: 10 },
    });
  });

  it.each(['json', 'verbose_json'])('a transcription as %s has a cost', async (response_format) => {
    const response = await post(
      '/v3/audio/transcriptions',
      form({ model: 'openai/whisper-1', response_format }, 20_000),
    );
    const answer = await json(response);
    expect(answer.cost).toBe(0.0002);
    expect(eden.books().totalNanos).toBe(200_000);
  });

  it.each(['text', 'srt', 'vtt'])(
    'a transcription as %s has none, and is billed all the same',
    async (response_format) => {
      const response = await post('/v3/audio/transcriptions', form({ response_format }));
      expect(response.headers.get('content-type')).toMatch('text/plain');
      expect(await response.text()).not.toContain('cost');
      expect(eden.books().charges[0]).toMatchObject({ operation: 'transcription', nanos: 100_000 });
      expect(eden.books().charges[0]?.rawCost).toBeUndefined();
    },
  );

  it('speech has its cost in a header', async () => {
    const response = await post('/v3/audio/speech', { model: 'openai/tts-1', input: 'Hello 1234', voice: 'alloy' });
    expect(response.headers.get('x-edenai-cost')).toBe('0.00015');
    expect(response.headers.get('x-edenai-provider')).toBe('openai');
    expect((await response.arrayBuffer()).byteLength).toBe(4096);
    expect(eden.books().charges[0]).toMatchObject({ operation: 'speech', nanos: 150_000, rawCost: '0.00015' });
  });

  it('speech has no length when it is streamed', async () => {
    const response = await post('/v3/audio/speech', { input: 'Hi', stream_format: 'audio' });
    expect(response.headers.get('content-length')).toBeNull();
    expect((await response.arrayBuffer()).byteLength).toBe(4096);
  });

  it('Universal AI has a decimal string', async () => {
    const answer = await json(await post('/v3/universal-ai', { model: 'ocr/financial_parser/mindee', input: {} }));
    expect(answer).toMatchObject({
      status: 'success',
      cost: '0.0100',
      provider: 'mindee',
      feature: 'ocr',
      subfeature: 'financial_parser',
    });
    expect(eden.books().charges[0]).toMatchObject({
      ...{ operation: 'feature', nanos: 10_000_000, rawCost: '0.0100' },
      ...{ model: 'ocr/financial_parser/mindee', provider: 'mindee' },
    });
  });

  it('a failed provider of Universal AI is a 200 that costs nothing', async () => {
    eden.script({ outcome: 'fail' });
    const response = await post('/v3/universal-ai', { model: 'ocr/financial_parser/mindee' });
    expect(response.status).toBe(200);
    expect(await json(response)).toMatchObject({ status: 'fail', cost: '0', error: expect.anything() });
    expect(eden.books().totalNanos).toBe(0);
  });

  it('a v2 call has one object for each provider; their sum is the charge', async () => {
    eden.script({ costUsd: '0.000000010' });
    const answer = await json(await post('/v2/text/chat', { providers: 'google,openai,mistral' }));
    const costs = Object.values(answer as Record<string, { cost: number }>).map(({ cost }) => Math.round(cost * 1e9));
    expect(Object.keys(answer)).toEqual(['google', 'openai', 'mistral']);
    expect(costs).toEqual([4, 3, 3]);
    expect(eden.books().charges).toMatchObject([{ nanos: 10, model: 'text/chat', provider: 'google,openai,mistral' }]);
  });

  it('a v2 call answers a list where it is asked for one', async () => {
    eden.script({ costUsd: 0.003 });
    const answer = await json(await post('/v2/text/chat', { providers: 'google,openai', response_as_dict: false }));
    expect(answer).toMatchObject([
      { provider: 'google', cost: 0.0015 },
      { provider: 'openai', cost: 0.0015 },
    ]);
  });

  it('a v2 status can be misspelt, as in the published enum', async () => {
    eden.script([{ misspellSuccess: true }, { outcome: 'fail' }]);
    expect(await json(await post('/v2/text/chat', {}))).toMatchObject({ openai: { status: 'sucess', cost: 0.001 } });
    expect(await json(await post('/v2/text/chat', {}))).toMatchObject({ openai: { status: 'fail', cost: 0 } });
  });

  it('any other path has the body of the page on credits, word for word', async () => {
    const response = await post('/v3/something/new', { a: 1 });
    expect(await response.text()).toBe('{"results": {"...": "..."}, "cost": 0.002}');
    expect(eden.books().charges[0]).toMatchObject({ operation: 'other', nanos: 2_000_000 });
  });
});

describe('endpoints that are free', () => {
  it.each<[string, string, unknown, object]>([
    ['POST', '/v3/v1/messages/count_tokens', { messages: hello }, { input_tokens: expect.any(Number) }],
    ['GET', '/v3/info', undefined, [{ name: 'ocr' }]],
    ['GET', '/v3/info/ocr/financial_parser', undefined, { name: 'financial_parser' }],
    ['POST', '/v3/upload', form({ purpose: 'ocr' }), { file_id: expect.any(String), filename: 'a.mp3' }],
    ['GET', '/v3/universal-ai/async', undefined, []],
    ['DELETE', '/v3/videos/1', undefined, { deleted: true }],
    ['DELETE', '/v2/anything', undefined, { deleted: true }],
  ])('%s %s books nothing', async (method, path, body, expected) => {
    const response = await send(method, path, body);
    const answer = await json(response);
    expect(answer).toMatchObject(expected);
    expect(JSON.stringify(answer)).not.toContain('"cost"');
    expect(eden.books().charges).toEqual([]);
  });

  it.each(['', '/embeddings', '/images', '/audio/speech', '/audio/transcriptions', '/videos', '/moderations'])(
    'GET /v3%s/models has prices',
    async (kind) => {
      const { data } = await json(await send('GET', `/v3${kind}/models`));
      expect(data[0]).toMatchObject({ id: expect.stringContaining('/'), owned_by: 'openai', alias_of: null });
      expect(Object.values(data[0].pricing).every((price) => typeof price === 'number' && price > 0)).toBe(true);
      expect(eden.books().charges).toEqual([]);
    },
  );

  it('?view=models groups them by routable name', async () => {
    const { data } = await json(await send('GET', '/v3/models?view=models'));
    expect(data[0]).toMatchObject({ id: 'gpt-4o-mini', endpoints: [{ id: 'openai/gpt-4o-mini' }] });
  });

  it('an unknown GET is a 404', async () => {
    const response = await send('GET', '/v3/nowhere');
    expect(response.status).toBe(404);
    expect(await json(response)).toEqual({ detail: 'Not Found' });
  });
});

describe('prices', () => {
  it('a worst case of max_tokens and one token a byte is a true bound', async () => {
    const { data } = await json(await send('GET', '/v3/models'));
    for (const { id, pricing } of data) {
      for (const max_tokens of [1, 5, 1000]) {
        const body = { model: id, messages: hello, max_tokens };
        const answer = await json(await post('/v3/chat/completions', body));
        const bytes = JSON.stringify(body).length;
        const bound = bytes * pricing.input_cost_per_token + max_tokens * pricing.output_cost_per_token;
        expect(answer.usage.completion_tokens).toBeLessThanOrEqual(max_tokens);
        expect(answer.cost).toBeLessThanOrEqual(bound);
        expect(answer.choices[0].finish_reason).toBe(max_tokens === 1000 ? 'stop' : 'length');
      }
    }
  });

  it('cached input tokens have a price of their own', async () => {
    eden.script({ inputTokens: 2000, outputTokens: 1500, cachedTokens: 500, cacheWriteTokens: 100 });
    const answer = await json(
      await post('/v3/chat/completions', { model: 'google/gemini-flash-latest', messages: hello }),
    );
    expect(answer.usage).toMatchObject({
      prompt_tokens: 2000,
      completion_tokens: 1500,
      prompt_tokens_details: { cached_tokens: 500 },
      cache_write_tokens: 100,
    });
    expect(eden.books().totalNanos).toBe(1400 * 1500 + 500 * 150 + 8330 + 1500 * 7500);
  });

  it('Anthropic counts cached tokens beside the input', async () => {
    eden.script({ inputTokens: 100, cachedTokens: 30, cacheWriteTokens: 20 });
    const { usage } = await json(await post('/v3/v1/messages', { messages: hello }));
    expect(usage).toMatchObject({ input_tokens: 50, cache_read_input_tokens: 30, cache_creation_input_tokens: 20 });
  });

  it.each([
    ['gpt-4o', 'openai/gpt-4o'],
    ['openai/gpt-4o:latency', 'openai/gpt-4o'],
    ['gpt-4o@eu', 'openai/gpt-4o'],
    ['@edenai', 'openai/gpt-4o-mini'],
    ['fireworks_ai/accounts/fireworks/models/glm-5p3', 'fireworks_ai/accounts/fireworks/models/glm-5p3'],
    ['acme/unheard-of', 'acme/unheard-of'],
  ])('%s is answered by %s', async (model, echoed) => {
    const answer = await json(await post('/v3/chat/completions', { model, messages: hello }));
    expect(answer.model).toBe(echoed);
    expect(answer.provider).toBe(echoed.split('/')[0]);
  });

  it('a server can have models and prices of its own', async () => {
    const other = await startEdenStandIn({
      models: [{ id: 'acme/one', pricing: { input_cost_per_token: 0, output_cost_per_token: 1 } }],
      outputTokens: 3,
    });
    const init = { method: 'POST', body: JSON.stringify({ model: 'acme/one', messages: hello }) };
    await (await fetch(`${other.baseUrl}/chat/completions`, init)).text();
    expect(other.books().totalUsd).toBe(3);
    await other.close();
  });
});

describe('what decides a charge', () => {
  const chat = (headers?: Record<string, string>, more = {}) =>
    post('/v3/chat/completions', { model: 'openai/gpt-4o', messages: hello, ...more }, headers);

  it('a BYOK call says what it would have cost, and bills nothing', async () => {
    eden.script({ byok: true, costUsd: 0.5 });
    const answer = await json(await chat({ 'x-edenai-metadata': 'enabled' }));
    expect(answer.cost).toBe(0.5);
    expect(answer.edenai_metadata).toMatchObject({
      is_byok: true,
      requested: 'openai/gpt-4o',
      strategy: 'direct',
      tags: {},
    });
    expect(eden.books().charges[0]).toMatchObject({ nanos: 0, toldNanos: 500_000_000, byok: true });
  });

  it('a BYOK call is billed where a test says so', async () => {
    eden.script({ byok: true, costUsd: 0.5, billedUsd: 0.4 });
    await chat();
    expect(eden.books().charges[0]).toMatchObject({ nanos: 400_000_000, toldNanos: 500_000_000, byok: true });
  });

  it('metadata comes only when it is asked for', async () => {
    expect(await json(await chat())).not.toHaveProperty('edenai_metadata');
    eden.script({ metadata: true });
    expect(await json(await chat())).toHaveProperty('edenai_metadata');
  });

  it('tags are booked in lower case, and the body wins', async () => {
    await (await chat({ 'x-edenai-tags': 'Client=acme,env=prod' })).text();
    await (await chat({ 'x-edenai-tags': 'client=acme' }, { tags: { client: 'other' } })).text();
    expect(eden.books().charges.map(({ tags }) => tags)).toEqual([
      { client: 'acme', env: 'prod' },
      { client: 'other' },
    ]);
  });

  it.each(['eden:x=1', 'a b=1', 'empty=', Array.from({ length: 11 }, (_, i) => `k${i}=v`).join(',')])(
    'the tags "%s" are a 400',
    async (tags) => {
      const response = await chat({ 'x-edenai-tags': tags });
      await response.text();
      expect(response.status).toBe(400);
      expect(eden.books().charges).toEqual([]);
    },
  );

  it('more than three fallbacks are a 422', async () => {
    const response = await chat({}, { fallbacks: ['a', 'b', 'c', 'd'] });
    await response.text();
    expect(response.status).toBe(422);
  });

  it('a body that is no JSON is a 422', async () => {
    const response = await fetch(`${eden.baseUrl}/chat/completions`, { method: 'POST', body: '{"model":' });
    await response.text();
    expect(response.status).toBe(422);
    expect(eden.books().charges).toEqual([]);
  });

  it('an identical request is answered from the cache for free, where there is one', async () => {
    const cached = await startEdenStandIn({ cache: true });
    const ask = async (content: string) => {
      const body = JSON.stringify({ messages: [{ role: 'user', content }] });
      const headers = { 'x-edenai-metadata': 'enabled' };
      return json(await fetch(`${cached.baseUrl}/chat/completions`, { method: 'POST', body, headers }));
    };
    const [first, second, other] = [await ask('a'), await ask('a'), await ask('b')];
    expect(second).toEqual({ ...first, id: second.id, created: second.created, cost: 0, edenai_metadata: undefined });
    expect(second).not.toHaveProperty('edenai_metadata');
    expect(other.cost).toBe(first.cost);
    expect(cached.books().charges.map((charge) => charge.cached)).toEqual([false, true, false]);
    await cached.close();
  });

  it.each<[unknown, string]>([
    ['number', '"cost":0.0000012'],
    ['exponent', '"cost":1.2e-06'],
    ['string', '"cost":"0.0000012"'],
    [{ raw: 'NaN' }, '"cost":NaN'],
    [{ raw: '"abc"' }, '"cost":"abc"'],
    [{ raw: '-1' }, '"cost":-1'],
  ])('a cost can be written as %j', async (costAs, expected) => {
    const header = JSON.stringify({ costUsd: 0.0000012, costAs });
    const text = await (await chat({ 'x-stand-in': header })).text();
    expect(text).toContain(expected);
    expect(eden.books().charges[0]).toMatchObject({ nanos: 1_200, toldNanos: 1_200 });
  });

  it('a cost in raw text is what is billed, when it is an amount', async () => {
    const text = await (await chat({ 'x-stand-in': '{"costAs":{"raw":"0.03000000000000001"}}' })).text();
    expect(text).toContain('"cost":0.03000000000000001');
    expect(eden.books().charges[0]).toMatchObject({ nanos: 30_000_000, rawCost: '0.03000000000000001' });
  });

  it('a cost can be missing, or come first', async () => {
    expect(await json(await chat({ 'x-stand-in': '{"costAs":"missing"}' }))).not.toHaveProperty('cost');
    expect(await (await chat({ 'x-stand-in': '{"costAt":"start","costUsd":1}' })).text()).toMatch(/^\{"cost":1,/);
    expect(await (await chat({ 'x-stand-in': '{"costUsd":1}' })).text()).toMatch(/"cost":1\}$/);
    expect(eden.books().charges[0]?.rawCost).toBeUndefined();
  });

  it('a body can be as large as a test wants', async () => {
    const big = standInHeaders({ bodyBytes: 1_000_000 });
    const sizes = await Promise.all(
      ['/v3/chat/completions', '/v3/embeddings', '/v3/images/generations', '/v3/audio/speech'].map(
        async (path) => (await (await post(path, {}, big)).arrayBuffer()).byteLength,
      ),
    );
    for (const size of sizes) expect(size).toBeGreaterThan(500_000);
  });
});
