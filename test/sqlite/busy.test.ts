import { Worker } from 'node:worker_threads';
import { createMeter } from '@eden-cost/core';
import { useFile } from './kit.js';

const file = useFile();

describe('while somebody else holds the file', () => {
  test('a change waits, and is booked when it is let go', async () => {
    const ledger = file.open();
    await file.reserve(ledger, 'a', 10);
    const other = file.connect();
    other.exec('BEGIN EXCLUSIVE');
    const settled = file.settle(ledger, 'a', 5);
    other.exec('COMMIT');
    expect(await settled).toMatchObject({ applied: true });
  });

  test('a change is given up after the busy time-out, with the reason', async () => {
    const ledger = file.open({ busyTimeoutMs: 50 });
    await file.reserve(ledger, 'a', 10);
    const other = file.connect();
    other.exec('BEGIN EXCLUSIVE');
    await expect(file.settle(ledger, 'a', 5)).rejects.toMatchObject({
      reason: 'locked',
      message: expect.stringMatching(/another process holds it\. Look for a database browser or a backup/),
      cause: expect.objectContaining({ message: expect.stringMatching(/locked/) }),
    });
    other.exec('COMMIT');
    expect(await file.settle(ledger, 'a', 5)).toMatchObject({ applied: true });
  });

  test('a reserve is answered at its deadline; one that comes through later stands, and is known by its id', async () => {
    const ledger = file.open({ deadlineMs: 300 });
    await ledger.start?.();
    const other = file.connect();
    other.exec('BEGIN EXCLUSIVE');
    const late = file.reserve(ledger, 'late', 10); // is with the thread, which waits for the file
    await new Promise((resolve) => setImmediate(resolve));
    const queued = file.reserve(ledger, 'queued', 10);
    const error = { reason: 'no-answer', message: expect.stringMatching(/it did not answer in time/) };
    await expect(late).rejects.toMatchObject(error);
    await expect(queued).rejects.toMatchObject(error);
    other.exec('COMMIT');
    await ledger.release('nobody', file.clock.now()); // answered after the late one came through
    const patient = file.open();
    expect(await file.balance(patient)).toEqual({ settled: 0, reserved: 10, toppedUp: 0 });
    expect(await file.settle(patient, 'late', 0)).toMatchObject({ known: true });
    expect(await file.settle(patient, 'queued', 0)).toMatchObject({ known: false });
  });
});

test('refused requests of a batch leave the others as they are', async () => {
  const ledger = file.open();
  const calls = Array.from({ length: 300 }, (_, index) => file.reserve(ledger, `c${index}`, 10));
  const admitted = (await Promise.all(calls)).filter((result) => result.admitted);
  expect(admitted).toHaveLength(10);
  expect(await file.balance(ledger)).toEqual({ settled: 0, reserved: 100, toppedUp: 0 });
});

test('a thread that crashes rejects what was pending, and is started again a second later', async () => {
  const posted = jest.spyOn(Worker.prototype, 'postMessage');
  const ledger = file.open();
  await file.reserve(ledger, 'a', 10);
  const other = file.connect();
  other.exec('BEGIN EXCLUSIVE');
  const pending = file.settle(ledger, 'a', 5);
  const message = expect.stringMatching(/the thread that works on it ended unexpectedly/);
  const told = expect(pending).rejects.toMatchObject({ reason: 'crashed', message });
  const thread = posted.mock.contexts[0] as Worker;
  const crash = thread.terminate();
  other.exec('COMMIT');
  await crash;
  await told;
  posted.mockRestore();
  await expect(file.settle(ledger, 'a', 5)).rejects.toMatchObject({ reason: 'crashed' });
  file.clock.advance(1_000);
  await file.settle(ledger, 'a', 5);
  expect(await file.balance(ledger)).toEqual({ settled: 5, reserved: 0, toppedUp: 0 });
});

describe('close', () => {
  test('answers what was asked before, and refuses what is asked after', async () => {
    const ledger = file.open();
    const before = [file.reserve(ledger, 'a', 10), file.settle(ledger, 'a', 5)] as const;
    await ledger.close?.();
    expect(await before[0]).toMatchObject({ admitted: true });
    expect(await before[1]).toMatchObject({ applied: true });
    await expect(file.balance(ledger)).rejects.toMatchObject({ reason: 'closed' });
    expect(await file.balance(file.open())).toMatchObject({ settled: 5 });
  });

  test('rejects at its time-out what the thread has not begun, and ends after what it has', async () => {
    const ledger = file.open({ busyTimeoutMs: 20_000 });
    await file.reserve(ledger, 'a', 10);
    const other = file.connect();
    other.exec('BEGIN EXCLUSIVE');
    const begun = file.settle(ledger, 'a', 5);
    await new Promise((resolve) => setImmediate(resolve));
    const queued = file.reserve(ledger, 'b', 10);
    const rejected = expect(queued).rejects.toMatchObject({ reason: 'closed' });
    await ledger.close?.(20);
    await rejected;
    other.exec('COMMIT');
    expect(await begun).toMatchObject({ applied: true });
    expect(await file.balance(file.open())).toEqual({ settled: 5, reserved: 0, toppedUp: 0 });
  });

  test('of a meter is over in time', async () => {
    const ledger = file.open({ busyTimeoutMs: 20_000 });
    const meter = createMeter({ ledger, intercept: false, logger: false });
    await meter.ready();
    const other = file.connect();
    other.exec('BEGIN EXCLUSIVE');
    let isAnswered = false;
    const begun = file.settle(ledger, 'a', 5).finally(() => {
      isAnswered = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    await meter.close({ timeoutMs: 20 });
    expect(isAnswered).toBe(false);
    other.exec('COMMIT');
    expect(await begun).toMatchObject({ known: false });
  });

  test('may be done twice, and before anything was asked', async () => {
    const ledger = file.open();
    await ledger.close?.();
    await ledger.close?.();
  });
});
