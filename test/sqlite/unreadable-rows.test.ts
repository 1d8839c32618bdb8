import { type AccountRef, type Ledger, LedgerQuestionError, memoryLedger, type ReserveResult } from '@eden-cost/core';
import fc from 'fast-check';
import { bare } from '../contract/bare.js';
import { hold, MINUTE, useFile } from './kit.js';

const GOOD: AccountRef = { key: 'good' };
const BAD: AccountRef = { key: 'bad' };
const THRESHOLDS = [0.5, 1];

const file = useFile();

const damage = (sql: string) => file.connect().exec(sql);
const request = (id: string, amount: number, account: AccountRef, ttlMs = MINUTE) => ({
  ...{ id, at: file.clock.now(), ttlMs },
  holds: [{ ...hold(amount, 100, account), thresholds: THRESHOLDS }],
});
const reported = () => ({ rank: 'reported', at: file.clock.now() }) as const;
const balanceOf = async (ledger: Ledger, account: AccountRef) =>
  (await ledger.balances([account], file.clock.now()))[0];

/** What each row is made to hold that the ledger never wrote, and what its error says of it. */
const DAMAGES: readonly [table: 'account' | 'reservation', values: string, why: string][] = [
  ['account', `thresholds = '[0.5, '`, 'thresholds is no JSON'],
  ['account', `fired = '{}'`, "fired is no list of the ledger's"],
  ['account', 'settled = 1152921504606846976', '(too large|no whole number)'],
  ['reservation', `holds = '[{"account":"ba'`, 'holds is no JSON'],
  ['reservation', `holds = 'null'`, "holds is no list of the ledger's"],
  ['reservation', `holds = '[{"account":"bad"}]'`, "holds is no list of the ledger's"],
  ['reservation', `exceeded = '7'`, "exceeded is no list of the ledger's"],
  ['reservation', `state = 'paid'`, 'state is none of open, settled, expired, released'],
  ['reservation', `rank = ''`, 'rank is none of expired, estimated, rated, reported'],
  ['reservation', `state = 'settled'`, 'is_open is 1, and state is settled'],
];

const put = (table: string, values: string) =>
  damage(`UPDATE ${table} SET ${values} WHERE ${table === 'account' ? `key = 'bad'` : `id = 'bad'`}`);

let warnings: (readonly [message: string, code: string | undefined])[];
beforeEach(() => {
  warnings = [];
  jest.spyOn(process, 'emitWarning').mockImplementation((message, options) => {
    warnings.push([String(message), (options as { code?: string }).code]);
  });
});
afterEach(() => jest.restoreAllMocks());

/** Before all others: there is one such warning a process. */
test('a row that was passed by is told once in a process, by its name and with what to do', async () => {
  const ledger = file.open();
  await ledger.reserve(request('bad', 10, BAD, 1_000));
  put('reservation', `holds = ''`);
  file.clock.advance(1_000);
  for (let minutes = 0; minutes < 3; minutes++) {
    expect(await balanceOf(ledger, GOOD)).toMatchObject({ settled: 0 });
    file.clock.advance(MINUTE);
  }
  expect(warnings.map(([, code]) => code)).toEqual(['WARN_COST_UNREADABLE_ROW']);
  expect(warnings[0]?.[0]).toMatch(/budgets\.db\. The row "bad" of its table "reservation" cannot be read: .*Put its/);
});

describe.each(DAMAGES)('a row of the table %s with %s', (table, values, why) => {
  const named = new RegExp(`row "bad" of its table "${table}" cannot be read: .*${why}.*\\. Put its values right`);

  test('fails the questions that need it, and no other question of the same batch', async () => {
    const ledger = file.open();
    await ledger.reserve(request('bad', 10, BAD));
    for (const id of ['a', 'b']) await ledger.reserve(request(id, 30, GOOD));
    put(table, values);
    const [a, bad, c, b] = await Promise.allSettled([
      ledger.settle('a', 50, reported()),
      ledger.settle('bad', 7, reported()),
      ledger.reserve(request('c', 5, GOOD)),
      ledger.settle('b', 3, reported()),
    ]);
    expect(bad).toMatchObject({ status: 'rejected', reason: { message: expect.stringMatching(named) } });
    expect((bad as PromiseRejectedResult).reason).toBeInstanceOf(LedgerQuestionError);
    expect((bad as PromiseRejectedResult).reason.message).toContain(file.path);
    expect(a).toMatchObject({ value: { applied: true, crossed: [{ threshold: 0.5 }] } });
    expect(c).toMatchObject({ value: { admitted: true } });
    expect(b).toMatchObject({ value: { applied: true, crossed: [] } });
    expect(await balanceOf(ledger, GOOD)).toEqual({ settled: 53, reserved: 5, toppedUp: 0 });
    expect(await ledger.settle('a', 50, reported())).toMatchObject({ applied: false, known: true, previous: 50 });
  });

  test('keeps nobody else from an answer once it has expired, and is charged once it was put right', async () => {
    const ledger = file.open();
    await ledger.reserve(request('bad', 10, BAD, 1_000));
    await ledger.reserve(request('dead', 20, GOOD, 2_000));
    const [column = ''] = values.split(' = ');
    const was = JSON.stringify(file.connect().prepare(`SELECT ${column} AS value FROM ${table}`).get()?.value ?? null);
    put(table, values);
    file.clock.advance(3_000);
    expect(await balanceOf(ledger, GOOD)).toEqual({ settled: 20, reserved: 0, toppedUp: 0 });
    for (let minutes = 0; minutes < 3; minutes++) {
      file.clock.advance(MINUTE);
      expect(await balanceOf(ledger, GOOD)).toMatchObject({ settled: 20 });
    }
    put(table, `${column} = ${typeof JSON.parse(was) === 'string' ? `'${JSON.parse(was)}'` : was}`);
    file.clock.advance(MINUTE);
    expect(await balanceOf(ledger, BAD)).toEqual({ settled: 10, reserved: 0, toppedUp: 0 });
    expect(await ledger.settle('bad', 4, reported())).toMatchObject({ applied: true, previous: 10 });
    expect(await balanceOf(ledger, BAD)).toEqual({ settled: 4, reserved: 0, toppedUp: 0 });
  });
});

test('calls in flight are kept from expiring beside one whose row cannot be read', async () => {
  const ledger = file.open();
  await ledger.reserve(request('bad', 10, BAD));
  await ledger.reserve(request('call', 10, GOOD));
  put('reservation', `holds = ''`);
  file.clock.advance(MINUTE / 2);
  await ledger.extend(['bad', 'call'], MINUTE, file.clock.now());
  file.clock.advance(MINUTE - 1);
  expect(await balanceOf(ledger, GOOD)).toEqual({ settled: 0, reserved: 10, toppedUp: 0 });
});

test('a file that was replaced gets back what was seen of all accounts but those that cannot be read', async () => {
  const ledger = file.open();
  for (const account of [BAD, GOOD]) await ledger.reserve(request(account.key, 10, account));
  put('account', `fired = ''`);
  const seen = [BAD, GOOD].map((account) => ({ account, balance: { settled: 30, reserved: 0, toppedUp: 0 } }));
  const finished = [{ id: 'bad', amount: 10, truth: reported() }];
  await ledger.restore?.(seen, file.clock.now(), finished);
  expect(await balanceOf(ledger, GOOD)).toEqual({ settled: 30, reserved: 10, toppedUp: 0 });
  await expect(balanceOf(ledger, BAD)).rejects.toThrow(LedgerQuestionError);
});

interface Asked {
  readonly isBad: boolean;
  /** @param run what all names begin with */
  ask(ledger: Ledger, run: string): unknown;
}

const accountOf = (run: string, name: string): AccountRef => ({ key: `${run} ${name}` });
const names = fc.constantFrom('good', 'bad', 'other');
const ids = fc.constantFrom('a', 'b', 'c', 'bad', 'never made');
const asked: fc.Arbitrary<Asked> = fc.oneof(
  fc.record({ id: ids, amount: fc.nat(60) }).map(({ id, amount }) => ({
    isBad: id === 'bad',
    ask: (ledger: Ledger, run: string) => ledger.settle(`${run} ${id}`, amount, reported()),
  })),
  ids.map((id) => ({
    isBad: id === 'bad',
    ask: (ledger: Ledger, run: string) => ledger.release(`${run} ${id}`, file.clock.now()),
  })),
  fc.record({ id: fc.nat(3), amount: fc.nat(60), on: fc.uniqueArray(names, { minLength: 1 }) }).map((one) => ({
    isBad: one.on.includes('bad'),
    ask: (ledger: Ledger, run: string) => {
      const holds = one.on.flatMap((name) => request('', one.amount, accountOf(run, name)).holds);
      return ledger.reserve({ ...request(`${run} ${one.id} on ${one.on}`, 0, GOOD), holds });
    },
  })),
  fc.record({ name: names, id: fc.nat(2), amount: fc.nat(20) }).map(({ name, id, amount }) => ({
    isBad: name === 'bad',
    ask: (ledger: Ledger, run: string) => {
      const note = { id: `note ${id}`, at: file.clock.now(), amount, actor: 'ann', reason: 'asked for it' };
      return ledger.topUp(accountOf(run, name), note);
    },
  })),
);

const bareOf = (answer: unknown) => (typeof answer === 'object' ? bare(answer as ReserveResult) : answer);

test('of any batch, each question that can be answered is booked exactly once, and crosses its thresholds once', async () => {
  const [ledger, model] = [file.open(), memoryLedger()];
  await balanceOf(ledger, GOOD);
  const other = file.connect();
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(asked, { minLength: 1, maxLength: 12 }), async (batch) => {
      const run = `run ${runs++}`;
      for (const each of [ledger, model]) {
        for (const id of ['a', 'b', 'c']) await each.reserve(request(`${run} ${id}`, 25, accountOf(run, 'good')));
        await each.reserve(request(`${run} bad`, 10, accountOf(run, 'bad')));
      }
      other.exec(`UPDATE reservation SET holds = '' WHERE id = '${run} bad'`);
      other.exec(`UPDATE account SET fired = '' WHERE key = '${run} bad'`);
      const answers = await Promise.allSettled(batch.map(({ ask }) => ask(ledger, run)));
      for (const [index, { isBad, ask }] of batch.entries()) {
        const answer = answers[index] as PromiseSettledResult<unknown>;
        if (isBad) expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'ERR_COST_LEDGER_QUESTION' } });
        else expect(answer.status).toBe('fulfilled');
        if (answer.status === 'fulfilled') expect(bareOf(answer.value)).toEqual(bareOf(await ask(model, run)));
      }
      for (const account of [accountOf(run, 'good'), accountOf(run, 'other')]) {
        expect(await balanceOf(ledger, account)).toEqual(await balanceOf(model, account));
      }
    }),
    { numRuns: 100 },
  );
});
