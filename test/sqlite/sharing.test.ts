import { useFile } from './kit.js';

const SECOND = 1_000;

const file = useFile();

const processesOf = async (ledger: ReturnType<typeof file.open>, id: string) => {
  const result = await file.reserve(ledger, id, 1);
  return result.admitted ? result.processes : undefined;
};

test('two ledgers on one file see the same balances at once', async () => {
  const [a, b] = [file.open(), file.open()];
  await file.reserve(a, 'call', 60);
  expect(await file.reserve(b, 'other', 60)).toMatchObject({ admitted: false, refusal: { reason: 'held' } });
  await file.settle(b, 'call', 10);
  expect(await file.balance(a)).toEqual({ settled: 10, reserved: 0, toppedUp: 0 });
});

test('calls of both at once: as many are admitted as there is room for, and none fails for the other', async () => {
  const callsOf = async (name: string) => {
    const ledger = file.open();
    const admitted: boolean[] = [];
    for (let call = 0; call < 100; call++) admitted.push((await file.reserve(ledger, `${name}${call}`, 1)).admitted);
    return admitted.filter(Boolean).length;
  };
  const [a, b] = await Promise.all([callsOf('a'), callsOf('b')]);
  expect(a + b).toBe(100);
});

test('answers bring along the balances after them', async () => {
  const ledger = file.open();
  expect(await file.reserve(ledger, 'a', 60)).toMatchObject({ balances: [{ settled: 0, reserved: 60, toppedUp: 0 }] });
  expect(await file.settle(ledger, 'a', 7)).toMatchObject({ balances: [{ settled: 7, reserved: 0, toppedUp: 0 }] });
});

describe('how many processes share the file', () => {
  test('comes back with each reserve: those that are alive', async () => {
    const [a, b] = [file.open(), file.open()];
    expect(await processesOf(a, '1')).toBe(1);
    expect(await processesOf(b, '2')).toBe(2);
    await b.close?.();
    expect(await processesOf(a, '3')).toBe(1);
  });

  test('does not count one that has said nothing for half a minute', async () => {
    const silent = file.open({ clock: { now: () => 0, after: () => ({ cancel: () => {} }) } });
    await processesOf(silent, '1');
    const ledger = file.open();
    expect(await processesOf(ledger, '2')).toBe(2);
    file.clock.advance(31 * SECOND);
    expect(await processesOf(ledger, '3')).toBe(1);
  });

  test('counts one that is idle', async () => {
    const [idle, ledger] = [file.open(), file.open()];
    await processesOf(idle, '1');
    for (let seconds = 0; seconds < 60; seconds += 10) {
      file.clock.advance(10 * SECOND);
      await file.balance(idle); // answered after what the clock made it say
    }
    expect(await processesOf(ledger, '2')).toBe(2);
  });

  test('is what the options say, if they do', async () => {
    expect(await processesOf(file.open({ processes: 7 }), '1')).toBe(7);
  });
});
