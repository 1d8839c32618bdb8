import { type EdenStandIn, manualClock, type StandInOptions, standInHeaders, startEdenStandIn } from './index.js';

let eden: EdenStandIn;
afterEach(() => eden.close());

const json = async (response: Response) => JSON.parse(await response.text());

async function start(options: StandInOptions): Promise<void> {
  eden = await startEdenStandIn(options);
}

async function spend(costUsd: number, key?: string): Promise<number> {
  const response = await fetch(`${eden.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: {
      ...standInHeaders({ costUsd }),
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
    body: '{}',
  });
  await response.text();
  return response.status;
}

describe('credits', () => {
  it('go down with each charge, and at 0 calls are refused', async () => {
    await start({ balanceUsd: 0.3 });
    expect([await spend(0.1), await spend(0.2), await spend(0.1)]).toEqual([200, 200, 402]);
    expect(eden.books()).toMatchObject({ balanceUsd: 0, balanceNanos: 0, totalNanos: 300_000_000, requests: 3 });
    eden.topUp(1);
    expect(await spend(0.4)).toBe(200);
    expect(eden.books().balanceUsd).toBe(0.6);
  });

  it('are as at the start after reset()', async () => {
    await start({ balanceUsd: 0.3 });
    await spend(0.3);
    eden.reset();
    expect(eden.books()).toMatchObject({ balanceUsd: 0.3, totalNanos: 0 });
  });

  it('do not stop what is free', async () => {
    await start({ balanceUsd: 0 });
    expect((await fetch(`${eden.baseUrl}/models`)).status).toBe(200);
  });

  it('never run out without a balance', async () => {
    await start({});
    expect(await spend(1_000)).toBe(200);
    expect(eden.books().balanceUsd).toBeUndefined();
  });

  it('may fall below 0 by calls that are answered at the same time', async () => {
    await start({ balanceUsd: 0.1 });
    let release = () => {};
    const hold = new Promise<void>((resolve) => {
      release = resolve;
    });
    eden.script({ hold, costUsd: 0.1, times: 2 });
    const calls = [1, 2].map(() => fetch(`${eden.baseUrl}/chat/completions`, { method: 'POST', body: '{}' }));
    await eden.received(2);
    release();
    for (const response of await Promise.all(calls)) await response.text();
    expect(eden.books().balanceNanos).toBe(-100_000_000);
  });
});

describe('auto-refill', () => {
  const autoRefill = { thresholdUsd: 0.5, amountUsd: 2 };

  it('buys a fixed amount when the balance falls under its threshold', async () => {
    await start({ balanceUsd: 1, autoRefill });
    await spend(0.5);
    expect(eden.books().refills).toEqual([]);
    await spend(0.1);
    expect(eden.books().balanceUsd).toBe(2.4);
    expect(eden.books().refills).toEqual([{ at: expect.any(Number), nanos: 2_000_000_000, outcome: 'bought' }]);
  });

  it('can be late, so that calls fail meanwhile', async () => {
    const clock = manualClock();
    await start({ balanceUsd: 1, clock, autoRefill: { ...autoRefill, mode: 'delayed', delayMs: 3000 } });
    expect([await spend(1), await spend(1)]).toEqual([200, 402]);
    expect(clock.pending).toBe(1);
    clock.advance(3000);
    expect(await spend(1)).toBe(200);
    expect(eden.books().refills).toHaveLength(1);
  });

  it('can be refused', async () => {
    await start({ balanceUsd: 1, autoRefill: { ...autoRefill, mode: 'refused' } });
    expect([await spend(1), await spend(1)]).toEqual([200, 402]);
    expect(eden.books().refills).toMatchObject([{ outcome: 'refused' }]);
  });
});

describe('keys', () => {
  const keys = [
    'plain',
    { key: 'limited', id: 'team', balanceUsd: 0.2 },
    { key: 'mock', sandbox: true },
    { key: 'boss', management: true },
  ];
  const get = (path: string, key?: string) =>
    fetch(eden.url + path, key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } });

  it('are asked for, once there are some', async () => {
    await start({ keys });
    expect([await spend(0.1), await spend(0.1, 'wrong'), await spend(0.1, 'plain')]).toEqual([401, 401, 200]);
    expect(eden.books().charges.map(({ key }) => key)).toEqual(['key-1']);
    const response = await fetch(`${eden.baseUrl}/chat/completions`, { method: 'POST', body: '{}' });
    expect(await response.text()).toBe('{"detail":"Invalid token"}');
  });

  it("are also read as Anthropic's clients send them", async () => {
    await start({ keys });
    const init = { method: 'POST', body: '{}', headers: { 'x-api-key': 'plain' } };
    expect((await fetch(`${eden.baseUrl}/v1/messages`, init)).status).toBe(200);
  });

  it('stop when their own budget is spent', async () => {
    await start({ keys });
    expect([await spend(0.2, 'limited'), await spend(0.1, 'limited'), await spend(0.1, 'plain')]).toEqual([
      200, 402, 200,
    ]);
    eden.topUp(0.1, 'team');
    expect(await spend(0.1, 'limited')).toBe(200);
    eden.setBalance(5, 'team');
    expect(await spend(0.1, 'limited')).toBe(200);
    expect(() => eden.topUp(1, 'nobody')).toThrow('there is no key with the id "nobody"');
  });

  it('of the sandbox cost nothing', async () => {
    await start({ keys, balanceUsd: 0 });
    expect(await spend(0.2, 'mock')).toBe(200);
    expect(eden.books().totalNanos).toBe(0);
  });

  it('for management call nothing else, and nothing else calls management', async () => {
    await start({ keys });
    expect(await spend(0.1, 'boss')).toBe(403);
    expect((await get('/v3/manage/whoami/', 'plain')).status).toBe(403);
    expect((await get('/v3/manage/whoami/', 'boss')).status).toBe(200);
    expect((await get('/v3/models')).status).toBe(200);
  });
});

describe('the account', () => {
  const DAY = 86_400_000;
  const get = async (path: string, key?: string) =>
    json(await fetch(eden.url + path, key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } }));

  it('shows its credits', async () => {
    await start({ balanceUsd: 42.5 });
    expect(await get('/v2/cost_management/credits/')).toEqual({ credits: 42.5 });
    expect(eden.books().charges).toEqual([]);
  });

  it('sums its consumption by day, subfeature and provider', async () => {
    const clock = manualClock(Date.UTC(2026, 10, 1));
    await start({ clock });
    await spend(0.1);
    await spend(0.2);
    clock.advance(DAY);
    await spend(0.4);
    const chat = (total_cost: number, details: number) => ({
      text__chat: { total_cost, details, cost_per_provider: { openai: total_cost } },
    });
    const days = { '2026-11-01': chat(0.3, 2), '2026-11-02': chat(0.4, 1) };
    expect(await get('/v2/cost_management/?begin=2026-11-01&end=2026-11-02&step=1')).toEqual({
      response: [{ token: 'base_token', data: days }],
    });
    expect(await get('/v3/manage/usage/?begin=2026-11-01&end=2026-11-02&step=1')).toEqual({
      usage: [{ token: 'base_token', data: { '2026-11-01': days['2026-11-01'] } }],
    });
    for (const [step, bucket] of Object.entries({ 2: '2026-10-26', 3: '2026-11-01', 4: '2026-01-01' })) {
      const { response } = await get(`/v2/cost_management/?begin=2026-11-01&end=2026-11-01&step=${step}`);
      expect(response[0].data).toEqual({ [bucket]: chat(0.3, 2) });
    }
    expect(await get('/v2/cost_management/?begin=2026-11-01&end=2026-11-02&step=1&provider=google')).toEqual({
      response: [],
    });
  });

  it('shows the usage of one key', async () => {
    const clock = manualClock(Date.UTC(2026, 10, 1));
    await start({ clock, keys: ['a', { key: 'b', id: 'team', balanceUsd: 2 }, { key: 'boss', management: true }] });
    await spend(0.1, 'a');
    await spend(0.2, 'b');
    const range = 'begin=2026-11-01&end=2026-11-03';
    const { usage } = await get(`/v3/manage/keys/team/usage/?${range}`, 'boss');
    expect(usage).toMatchObject([{ token: 'team', data: { '2026-11-01': { text__chat: { total_cost: 0.2 } } } }]);
    expect((await get(`/v3/manage/usage/?${range}`, 'boss')).usage).toHaveLength(2);
    const { keys } = await get('/v3/manage/keys/', 'boss');
    expect(keys[1]).toMatchObject({ id: 'team', balance: 1.8, active_balance: true, balance_reset_period: null });
  });

  it.each([
    'begin=2026-11-01',
    'begin=nonsense&end=2026-11-02',
    'begin=2026-01-01&end=2027-06-01',
    'begin=2026-11-01&end=2026-11-02&step=9',
  ])('a report for "%s" is a 422', async (query) => {
    await start({});
    expect((await fetch(`${eden.url}/v3/manage/usage/?${query}`)).status).toBe(422);
  });
});
