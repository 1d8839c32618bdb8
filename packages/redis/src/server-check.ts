import { OptionsError, systemClock, warnOnce } from '@eden-cost/core';
import { INFO } from './lua/info.js';
import { RIGHTS } from './lua/rights.js';
import type { Partition } from './partition.js';

/** A client that is still connecting, over TLS and across a continent, takes its time. */
const CONNECTING_MS = 5_000;
const MOST_SKEW_MS = 1_000;

const CANNOT = 'The Redis server cannot keep the ledger: ';
const NO_RIGHTS =
  'its user may not run the ledger. Allow it EVAL and EVALSHA, and within them all commands but dangerous ones, on the keys that begin with the prefix in braces, and with partition() on those of its partitions, as ~{eden-cost}:* ~{eden-cost/*';

/** What a server answers with when it can never keep balances as it is. */
const HOPELESS: readonly (readonly [RegExp, string])[] = [
  [/\bREADONLY\b/, 'it is a read-only replica. Give redisLedger() a client of the primary'],
  [/NOPERM|ACL failure|The user executing the script/, NO_RIGHTS],
  [/^NOAUTH|^WRONGPASS/, 'it does not accept the user or the password of the client'],
  [/\bMISCONF\b/, 'it has stopped writing, as it cannot save its data. See its log'],
  [/\bOOM\b/, 'its memory is full. Raise maxmemory, or give Eden Cost a server of its own'],
];

/** How node-redis rejects what it is asked before `connect()`, or after it was closed. */
const NOT_CONNECTED = /^The client is closed$/;

/**
 * Opens the ledger on a server, and looks whether the server is fit for it.
 *
 * @throws {OptionsError} when it can never work as it is; the client's own error when it cannot be reached
 */
export async function checkServer(partition: Partition): Promise<void> {
  const before = systemClock.now();
  const time = await partition.open(CONNECTING_MS).catch(explain);
  const refused = await refusedIn(partition).catch(explain);
  if (refused !== '') throw new OptionsError(`${CANNOT}${NO_RIGHTS}. Now it lacks ${refused}`);
  const skew = Math.max(before - time, time - systemClock.now());
  if (skew > MOST_SKEW_MS) {
    warnOnce(
      'WARN_COST_CLOCK_SKEW',
      `The clock of this machine differs from that of the Redis server by ${skew} ms: budgets would begin and end at another moment in each process. Keep both in time, by NTP.`,
    );
  }
  const info = await infoOf(partition);
  const { maxmemory_policy: policy = 'noeviction' } = info;
  if (policy !== 'noeviction') {
    warnOnce(
      'WARN_COST_EVICTION',
      `The Redis server deletes keys when its memory is full (maxmemory-policy is ${policy}): what has been spent would be forgotten. Set maxmemory-policy to noeviction, or give Eden Cost a server of its own.`,
    );
  }
  if (info.aof_enabled === '0' && info.connected_slaves === '0') {
    warnOnce(
      'WARN_COST_PERSISTENCE',
      'The Redis server keeps no log of what it does (appendonly is no) and has no replica: when it restarts, what has been spent since its latest snapshot is forgotten, but for what running processes remember. Set appendonly to yes.',
    );
  }
}

/** The commands that the server's user may not give. */
async function refusedIn({ server: { runner, calls }, keys }: Partition): Promise<string> {
  return String(await calls.ask(() => runner.run(RIGHTS, [keys.epoch], []), CONNECTING_MS)).replaceAll(',', ', ');
}

/** Nothing where a managed server does not tell: CONFIG is often forbidden, INFO seldom. */
async function infoOf({ server: { runner, calls }, keys }: Partition): Promise<Record<string, string | undefined>> {
  const info = await calls.ask(() => runner.run(INFO, [keys.epoch], [])).catch(() => '');
  return Object.fromEntries([...String(info).matchAll(/^(\w+):(\S*)/gm)].map(([, name, value]) => [name, value]));
}

function explain(error: unknown): never {
  const message = error instanceof Error ? error.message : '';
  if (NOT_CONNECTED.test(message)) {
    const fix = 'await client.connect() before meter.ready(), and do not close it before meter.close()';
    throw new Error(`The client of the Redis server is not connected: ${fix}`, { cause: error });
  }
  const [, reason] = HOPELESS.find(([pattern]) => pattern.test(message)) ?? [];
  if (reason === undefined) throw error;
  throw new OptionsError(`${CANNOT}${reason}`, { cause: error });
}
