import { headerFacts, type JsonAnswer, readJsonAnswer, withHeaders } from './answer-facts.js';
import { classify } from './classify.js';

const MAX = 1_000_000_000_000;
const chat = classify('POST', '/v3/chat/completions');
const answer = (body: unknown): JsonAnswer => ({
  whole: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
});
const costOf = (kind: ReturnType<typeof classify>, body: unknown) => readJsonAnswer(kind, answer(body), MAX).cost;

describe('readJsonAnswer', () => {
  it('reads a chat answer', () => {
    const body = {
      id: 'chatcmpl-1',
      model: 'gpt-4o',
      provider: 'openai',
      choices: [{ message: { content: '{"cost":9}', cost: 9 } }],
      usage: { prompt_tokens: 10, completion_tokens: 5 },
      cost: 1.2e-6,
    };
    expect(readJsonAnswer(chat, answer(body), MAX)).toEqual({
      cost: { kind: 'amount', nanos: 1200, raw: '0.0000012' },
      usage: { inputTokens: 10, outputTokens: 5 },
      model: 'gpt-4o',
      provider: 'openai',
      isByok: false,
    });
  });

  it('reads the documented general shape', () => {
    const body = '{"results": {"...": "..."}, "cost": 0.002}';
    expect(costOf(classify('POST', '/v3/new'), body)).toMatchObject({ nanos: 2_000_000, raw: '0.002' });
  });

  it('finds no cost in an error', () => {
    const facts = readJsonAnswer(chat, answer('{"error": "Insufficient credits"}'), MAX);
    expect(facts).toEqual({ cost: { kind: 'missing' }, isByok: false });
  });

  it('reads a Universal AI feature, whose cost is a text', () => {
    const body = { status: 'success', cost: '0.0100', provider: 'mindee', output: { cost: 7 } };
    const kind = classify('POST', '/v3/universal-ai');
    expect(readJsonAnswer(kind, answer(body), MAX)).toEqual({
      cost: { kind: 'amount', nanos: 10_000_000, raw: '0.0100' },
      provider: 'mindee',
      isByok: false,
    });
  });

  it.each([
    [
      'POST',
      '/v3/universal-ai/async',
      { public_id: 'p-1', id: 'x', status: 'processing', cost: '0.5' },
      'p-1',
      'processing',
    ],
    ['GET', '/v3/universal-ai/async/p-1', { public_id: 'p-1', status: 'fail', cost: '0' }, 'p-1', 'fail'],
    ['POST', '/v3/videos', { id: 'v-1', status: 'queued', cost: 0 }, 'v-1', 'queued'],
  ])('reads the id and status of %s %s', (method, path, body, id, status) => {
    expect(readJsonAnswer(classify(method, path), answer(body), MAX)).toMatchObject({ id, status });
  });

  it('prefers the top-level cost of a response, else usage.cost', () => {
    const kind = classify('POST', '/v3/responses');
    expect(costOf(kind, { cost: 0.2, usage: { cost: 0.3 } })).toMatchObject({ nanos: 200_000_000 });
    expect(costOf(kind, { cost: null, usage: { cost: 0.3 } })).toMatchObject({ nanos: 300_000_000 });
    expect(costOf(kind, '{"cost": NaN, "usage": {"cost": 0.3}}')).toMatchObject({ nanos: 300_000_000 });
    expect(costOf(chat, { usage: { cost: 0.3 } })).toEqual({ kind: 'missing' });
  });

  it('adds up the providers of a v2 feature', () => {
    const kind = classify('POST', '/v2/ocr/ocr');
    const body = { google: { status: 'sucess', cost: 0.002 }, openai: { cost: 0.001, items: [{ cost: 9 }] } };
    expect(costOf(kind, body)).toEqual({ kind: 'amount', nanos: 3_000_000, raw: '0.002+0.001' });
    expect(costOf(kind, { google: { status: 'fail' } })).toEqual({ kind: 'missing' });
    expect(costOf(kind, { cost: 0.5, google: { cost: 0.5 } })).toMatchObject({ nanos: 500_000_000 });
    const job = classify('GET', '/v2/ocr/ocr_async/1');
    expect(costOf(job, { public_id: '1', status: 'finished', results: body })).toMatchObject({ nanos: 3_000_000 });
  });

  it("adds up a v2 answer that is a list, a job's too", () => {
    const list = [
      { provider: 'google', cost: 0.002, items: [{ cost: 9 }] },
      { provider: 'openai', cost: '0.001' },
      null,
    ];
    expect(costOf(classify('POST', '/v2/ocr/ocr'), list)).toMatchObject({ nanos: 3_000_000 });
    expect(costOf(classify('GET', '/v2/ocr/ocr_async/1'), { results: list })).toMatchObject({ nanos: 3_000_000 });
    expect(costOf(classify('POST', '/v2/ocr/ocr'), JSON.stringify(list).slice(0, -1))).toEqual({ kind: 'missing' });
    expect(costOf(chat, list)).toEqual({ kind: 'missing' });
  });

  it.each<[boolean | undefined, string, string, unknown]>([
    [true, 'POST', '/v3/universal-ai', { status: 'fail', error: {} }],
    [undefined, 'POST', '/v3/universal-ai', { status: 'success' }],
    [undefined, 'POST', '/v3/universal-ai', '{"status":"fail","error":'],
    [undefined, 'POST', '/v3/universal-ai/async', { status: 'fail' }],
    [undefined, 'POST', '/v3/chat/completions', { status: 'fail' }],
    [true, 'POST', '/v2/ocr/ocr', { google: { status: 'fail' }, openai: { status: 'fail' } }],
    [true, 'POST', '/v2/ocr/ocr', [{ status: 'fail' }]],
    [undefined, 'POST', '/v2/ocr/ocr', { google: { status: 'fail' }, openai: { status: 'sucess' } }],
    [undefined, 'POST', '/v2/ocr/ocr', {}],
  ])('says %s of the failure of %s %s %j', (failed, method, path, body) => {
    expect(readJsonAnswer(classify(method, path), answer(body), MAX).failed).toBe(failed);
  });

  it('does not sum what it has only a part of', () => {
    const kind = classify('POST', '/v2/ocr/ocr');
    const body = Buffer.from(`{"google":{"cost":0.002},"x":{"text":"${'a'.repeat(1000)}"},"amazon":{"cost":0.001}}`);
    const parts = { head: body.subarray(0, 100), tail: body.subarray(-100) };
    expect(readJsonAnswer(kind, parts, MAX).cost).toEqual({ kind: 'missing' });
  });

  it('reads a large body from both ends', () => {
    const data = 'A'.repeat(10_000);
    const body = Buffer.from(`{"provider":"openai","data":["${data}"],"usage":{"prompt_tokens":3},"cost":0.04}`);
    const ends = { head: body.subarray(0, 200), tail: body.subarray(-200) };
    expect(readJsonAnswer(classify('POST', '/v3/embeddings'), ends, MAX)).toEqual({
      cost: { kind: 'amount', nanos: 40_000_000, raw: '0.04' },
      usage: { inputTokens: 3, outputTokens: 0 },
      provider: 'openai',
      isByok: false,
    });
    const cut = { head: Buffer.from('{"cost":"0.1","output":{"cost":1,"text":"aaa') };
    expect(readJsonAnswer(classify('POST', '/v3/universal-ai'), cut, MAX).cost).toMatchObject({ raw: '0.1' });
  });

  it('sees the own provider key', () => {
    const body = { cost: 0.1, edenai_metadata: { requested: 'x', is_byok: true, attempts: [] } };
    expect(readJsonAnswer(chat, answer(body), MAX).isByok).toBe(true);
    expect(readJsonAnswer(chat, answer({ edenai_metadata: { attempts: [{ is_byok: true }] } }), MAX).isByok).toBe(
      false,
    );
  });

  it('survives any bytes', () => {
    for (const body of ['', '[]', 'null', '{', '{"usage":1,"model":{},"edenai_metadata":"x","cost":[]}', '\u0000']) {
      expect(() => readJsonAnswer(classify('POST', '/v2/a/b'), answer(body), MAX)).not.toThrow();
    }
  });
});

describe('headerFacts', () => {
  it('reads the cost of speech', () => {
    const headers = new Map([
      ['x-edenai-cost', '0.00015'],
      ['x-edenai-provider', 'openai'],
    ]);
    expect(headerFacts((name) => headers.get(name), MAX)).toEqual({
      cost: { kind: 'amount', nanos: 150_000, raw: '0.00015' },
      provider: 'openai',
      isByok: false,
    });
    expect(headerFacts(() => undefined, MAX)).toEqual({ cost: { kind: 'missing' }, isByok: false });
  });
});

describe('withHeaders', () => {
  const body = { cost: { kind: 'missing' }, isByok: true, model: 'openai/gpt-4o' } as const;

  it('takes what the body does not say from the headers', () => {
    const amount = { kind: 'amount', nanos: 5, raw: '0.000000005' } as const;
    expect(withHeaders(body, { cost: amount, isByok: false, provider: 'openai' })).toEqual({
      ...body,
      cost: amount,
      provider: 'openai',
    });
    expect(withHeaders(body, { cost: body.cost, isByok: false, provider: 'openai' })).toEqual({
      ...body,
      provider: 'openai',
    });
    expect(withHeaders(body, { cost: amount, isByok: false })).toEqual({ ...body, cost: amount });
  });

  it('leaves the body as it is when the headers say nothing', () => {
    expect(withHeaders(body, { cost: { kind: 'missing' }, isByok: false })).toEqual(body);
  });
});
