import type { Ledger } from '@eden-cost/core';
import { Redis } from 'ioredis';
import { chats } from '../support/chats.js';
import { many } from '../support/lists.js';
import { hear, nextEvent, useMeteredEden } from '../support/meter.js';
import { freePorts } from '../support/redis-cluster.js';
import { describeWithRedis, endOf, type RedisServer, startRedis } from '../support/redis-server.js';
import { until } from '../support/until.js';
import { type Endpoint, startEndpoint } from './endpoint.js';
import { balanceOf, ledgerOf } from './kit.js';

const CENT = 10_000_000;
const SPENDING = { reply: { costUsd: 0.01 } };

describeWithRedis('a meter whose Redis server fails over to its replica', () => {
  const metered = useMeteredEden();
  const { ask, heldCall } = chats(metered);
  let [primary, replica]: RedisServer[] = [];
  let endpoint: Endpoint;
  const clients: Redis[] = [];
  const connect = (path: string) => {
    const client = new Redis({ path, disconnectTimeout: 100 });
    client.on('error', () => {}); // it connects again
    clients.push(client);
    return client;
  };

  beforeEach(async () => {
    const [port] = (await freePorts(1)).map(String) as [string];
    primary = await startRedis('--port', port, '--bind', '127.0.0.1', '--repl-diskless-sync-delay', '0');
    replica = await startRedis('--replicaof', '127.0.0.1', port);
    endpoint = await startEndpoint(primary.path);
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.disconnect();
    endpoint?.close();
    await Promise.all([primary?.close(), replica?.close()]);
  });

  const setup = async () => {
    const [first, second] = [primary, replica] as [RedisServer, RedisServer];
    const [atFirst, atSecond] = [connect(first.path), connect(second.path)];
    const meter = metered.meter({
      budgets: [{ name: 'all', limitUsd: 1, window: 'total', estimateUsd: 0.01 }],
      ledger: ledgerOf(connect(endpoint.path), { deadlineMs: 1_500, processes: 1 }),
      rateCard: false,
      waitMs: 0,
    });
    const expectBooksToAgree = async () => {
      const observer: Ledger = ledgerOf(atSecond);
      const booked = () => balanceOf(observer, 'all:total');
      const isDone = async () => meter.snapshot().keptForLedger === 0 && (await booked())?.reserved === 0;
      await until('all is booked', isDone);
      expect(await booked()).toEqual({ settled: metered.eden.books().totalNanos, reserved: 0, toppedUp: 0 });
    };
    return {
      meter,
      told: hear(meter),
      expectBooksToAgree,
      async inSync() {
        await atFirst.set('marker', 1);
        await atFirst.wait(1, 0);
      },
      promote: () => atSecond.replicaof('NO', 'ONE'),
      async failOver() {
        await endOf(first.process);
        endpoint.leadTo(second.path);
      },
    };
  };

  test('that has it all goes on: nothing is lost or doubled', async () => {
    const { told, inSync, promote, failOver, expectBooksToAgree } = await setup();
    await Promise.all(many(5, () => ask(SPENDING)));
    const letGo = heldCall({ costUsd: 0.01 });
    const inFlight = ask();
    await metered.eden.received(6);
    await inSync();
    await promote();
    await failOver();
    letGo();
    expect(await inFlight).toBe(200);
    expect(await ask(SPENDING)).toBe(200);
    await expectBooksToAgree();
    expect(metered.eden.books().totalNanos).toBe(7 * CENT);
    expect(told.ledger.map(({ state }) => state)).not.toContain('lost');
  });

  test('that is a little behind gets back what was last seen', async () => {
    const { meter, told, inSync, promote, failOver, expectBooksToAgree } = await setup();
    const letGo = heldCall({ costUsd: 0.01 });
    const inFlight = ask();
    await metered.eden.received(1);
    expect(await ask(SPENDING)).toBe(200);
    await inSync();
    await promote(); // it follows no longer
    letGo();
    expect(await inFlight).toBe(200);
    await Promise.all(many(3, () => ask(SPENDING)));
    const observer = ledgerOf(connect((primary as RedisServer).path));
    const isBooked = async () => (await balanceOf(observer, 'all:total'))?.settled === 5 * CENT;
    await until('the primary has booked all', isBooked);
    const isUp = nextEvent(meter, 'ledger', ({ state }) => state === 'up');
    await failOver();
    expect(await ask(SPENDING)).toBe(200);
    await isUp;
    await expectBooksToAgree();
    expect(metered.eden.books().totalNanos).toBe(6 * CENT);
    expect(told.ledger.map(({ state }) => state)).toContain('lost');
  });
});
