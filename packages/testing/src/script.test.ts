import { type EdenStandIn, type Rule, standInHeaders, startEdenStandIn } from './index.js';

let eden: EdenStandIn;
beforeAll(async () => {
  eden = await startEdenStandIn({ costUsd: 0.5 });
});
afterEach(() => eden.reset());
afterAll(() => eden.close());

const json = async (response: Response) => JSON.parse(await response.text());

const ask = async (body: object = {}, headers: Record<string, string> = {}, path = '/chat/completions') => {
  const response = await fetch(eden.baseUrl + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, answer: await json(response) };
};
const costOf = async (...given: Parameters<typeof ask>) => (await ask(...given)).answer.cost;

describe('rules', () => {
  it('are for one request, unless they say otherwise; after them the server decides', async () => {
    eden.script([{ costUsd: 1 }, { costUsd: 2, times: 2 }]);
    expect([await costOf(), await costOf(), await costOf(), await costOf()]).toEqual([1, 2, 2, 0.5]);
  });

  it('can be for ever, until they are taken back', async () => {
    const remove = eden.script({ costUsd: 1, times: Number.POSITIVE_INFINITY });
    expect([await costOf(), await costOf(), await costOf()]).toEqual([1, 1, 1]);
    remove();
    expect(await costOf()).toBe(0.5);
  });

  it.each<[Rule['match'], boolean]>([
    [{ path: '/chat/completions' }, true],
    [{ path: /completions$/ }, true],
    [{ path: '/embeddings' }, false],
    [{ method: 'post' }, true],
    [{ method: 'GET' }, false],
    [{ model: 'openai/gpt-4o' }, true],
    [{ model: /^openai/ }, true],
    [{ model: 'gpt' }, false],
    [{ body: (body) => (body as { user?: string }).user === 'u1' }, true],
    [{ model: 'openai/gpt-4o', body: () => false }, false],
  ])('match %j: %s', async (match, fits) => {
    eden.script({ match, costUsd: 1 } as Rule);
    expect(await costOf({ model: 'openai/gpt-4o', user: 'u1' })).toBe(fits ? 1 : 0.5);
  });

  it('that misspell an option are refused', () => {
    expect(() => eden.script({ costUSD: 1 } as Rule)).toThrow('there is no option "costUSD"');
    expect(() => eden.script({ costUsd: -1 })).toThrow('costUsd must be an amount in USD of 0 or more, not -1');
  });
});

describe('the x-stand-in header', () => {
  it('decides one request alone, before any rule', async () => {
    eden.script({ costUsd: 1 });
    const costs = Array.from({ length: 50 }, (_, index) => index / 1000);
    const told = await Promise.all(costs.map((costUsd) => costOf({}, { 'x-stand-in': JSON.stringify({ costUsd }) })));
    expect(told).toEqual(costs);
    expect(await costOf()).toBe(1);
    expect(eden.books().totalNanos).toBe(costs.reduce((sum, usd) => sum + Math.round(usd * 1e9), 1_000_000_000));
  });

  it.each(['nonsense', '[]', '{"costUSD":1}', '{"costUsd":"abc"}'])('%s is a 400', async (header) => {
    const { status, answer } = await ask({}, { 'x-stand-in': header });
    expect(status).toBe(400);
    expect(answer.detail).toMatch(/^x-stand-in/);
  });
});

describe('standInHeaders', () => {
  it('carries any character, and refuses what no header can carry', async () => {
    const { answer } = await ask({}, standInHeaders({ text: '5 € 🌱' }));
    expect(answer.choices[0].message.content).toBe('5 € 🌱');
    expect(() => standInHeaders({ costUSD: 1 } as object)).toThrow('there is no option "costUSD"');
    expect(() => standInHeaders({ hold: Promise.resolve() } as object)).toThrow('a promise fits in no header');
  });
});

describe('what was asked', () => {
  it('is remembered as it was sent', async () => {
    const body = '{"messages":[],\n "stream_options":{"include_usage":true}}';
    await (
      await fetch(`${eden.baseUrl}/chat/completions?x=1`, { method: 'POST', body, headers: { 'x-a': 'b' } })
    ).text();
    await eden.idle();
    expect(eden.requests()).toEqual([
      expect.objectContaining({
        ...{ method: 'POST', path: '/v3/chat/completions', query: 'x=1', bodyText: body, body: JSON.parse(body) },
        ...{ headers: expect.objectContaining({ 'x-a': 'b' }), status: 200, outcome: 'complete', nanos: 500_000_000 },
      }),
    ]);
    expect(eden.books()).toMatchObject({ requests: 1, requestsByPath: { '/v3/chat/completions': 1 } });
  });

  it('is JSON, also when the caller calls it a form', async () => {
    await ask({ model: 'openai/gpt-4o' }, { 'content-type': 'application/x-www-form-urlencoded' });
    expect(eden.requests()[0]?.body).toEqual({ model: 'openai/gpt-4o' });
  });

  it('is kept for the last requests only', async () => {
    const small = await startEdenStandIn({ logSize: 2 });
    for (const path of ['a', 'b', 'c']) await (await fetch(`${small.baseUrl}/${path}`)).text();
    expect(small.requests().map(({ path }) => path)).toEqual(['/v3/b', '/v3/c']);
    expect(small.books().requests).toBe(3);
    await small.close();
  });

  it('is forgotten by reset()', async () => {
    eden.script({ costUsd: 1 });
    await ask();
    eden.script({ costUsd: 1 });
    eden.reset();
    expect(eden.books()).toEqual({
      totalNanos: 0,
      totalUsd: 0,
      charges: [],
      requests: 0,
      requestsByPath: {},
      refills: [],
    });
    expect(eden.requests()).toEqual([]);
    expect(await costOf()).toBe(0.5);
  });
});
