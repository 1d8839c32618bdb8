import type { Ledger } from '@eden-cost/core';
import { describeWithRedis } from '../support/redis-server.js';
import { until } from '../support/until.js';
import { balanceOf, hold, ledgerOf, reported, request, useRedis } from './kit.js';

/** Whether it has answered in time: a busy machine may take longer than these tests want to wait. */
async function isUp(ledger: Ledger): Promise<boolean> {
  try {
    await ledger.balances([], 0);
    return true;
  } catch {
    return false;
  }
}

describeWithRedis('the Redis ledger, while its server does not answer', () => {
  const redis = useRedis();
  const freeze = () => redis.server.process.kill('SIGSTOP');
  const thaw = () => redis.server.process.kill('SIGCONT');
  afterEach(thaw);

  test('a question has its deadline; a reserve or settle is answered when it is done, and is known by its id', async () => {
    const ledger = ledgerOf(redis.client, { deadlineMs: 50 });
    const patient = ledgerOf(redis.client);
    await patient.reserve(request('before', [hold('x', 10, 100)]));
    await until('the ledger answers in time', () => isUp(ledger));
    freeze();
    const late = ledger.reserve(request('late', [hold('x', 60, 100)]));
    await expect(ledger.balances([], 0)).rejects.toThrow('did not answer within 50 ms');
    const settled = ledger.settle('before', 7, reported());
    thaw();
    expect(await settled).toMatchObject({ applied: true });
    expect(await late).toMatchObject({ admitted: true });
    expect(await balanceOf(patient, 'x')).toEqual({ settled: 7, reserved: 60, toppedUp: 0 });
    expect(await patient.reserve(request('late', [hold('x', 60, 100)]))).toMatchObject({ admitted: true });
    expect(await balanceOf(patient, 'x')).toMatchObject({ reserved: 60 });
    await patient.release('late', 0);
    expect(await patient.settle('before', 7, reported())).toMatchObject({ known: true, previous: 7 });
    expect(await balanceOf(patient, 'x')).toEqual({ settled: 7, reserved: 0, toppedUp: 0 });
  });

  test('a connection that is lost is told at once, by what the client says', async () => {
    const client = redis.connect({ retryStrategy: null, enableOfflineQueue: false });
    await new Promise((resolve) => client.once('ready', resolve));
    const ledger = ledgerOf(client);
    await ledger.reserve(request('a', [hold('x', 10, 100)]));
    client.disconnect();
    await expect(ledger.reserve(request('b', [hold('x', 10, 100)]))).rejects.toThrow(/closed|writeable/);
    expect(await balanceOf(ledgerOf(redis.client), 'x')).toMatchObject({ reserved: 10 });
  });
});
