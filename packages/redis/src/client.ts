import { OptionsError } from '@eden-cost/core';
import type { Script } from './script.js';

/** What the ledger uses of a client of ioredis 5 or 6 or of iovalkey, a single one or a `Cluster`. */
export interface IoredisClient {
  defineCommand(name: string, definition: { lua: string }): void;
  evalsha(sha: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>;
  eval(lua: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>;
}

/** What the ledger uses of a client of node-redis 4, 5 or 6, a single one or a pool. */
export interface NodeRedisClient {
  evalSha(sha: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  eval(lua: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/** What the ledger uses of a cluster's client of node-redis. */
export interface NodeRedisCluster {
  readonly masters: readonly unknown[];
  sendCommand(firstKey: string, isReadonly: boolean, args: string[]): Promise<unknown>;
}

/** A client that the app brings. */
export type RedisClient = IoredisClient | NodeRedisClient | NodeRedisCluster;

/** All that the ledger asks of a client. */
export interface ScriptRunner {
  /** One EVALSHA; and, on a server that has not seen the script or has forgotten it, one EVAL. */
  run(script: Script, keys: string[], args: string[]): Promise<unknown>;
}

/** @throws {OptionsError} when it is no client that the ledger knows */
export function scriptRunner(client: unknown): ScriptRunner {
  if (isIoredis(client)) {
    return {
      run: ({ sha, lua }, keys, args) =>
        client
          .evalsha(sha, keys.length, ...keys, ...args)
          .catch(unlessNoScript(() => client.eval(lua, keys.length, ...keys, ...args))),
    };
  }
  if (isNodeRedisCluster(client)) {
    // evalSha() of node-redis 4 asks any node, and again after each MOVED, until it happens on the right one
    const ask = (name: string, what: string, keys: string[], args: string[]) =>
      client.sendCommand(keys[0] as string, false, [name, what, String(keys.length), ...keys, ...args]);
    return {
      run: ({ sha, lua }, keys, args) =>
        ask('EVALSHA', sha, keys, args).catch(unlessNoScript(() => ask('EVAL', lua, keys, args))),
    };
  }
  if (isNodeRedis(client)) {
    // in legacy mode, one of node-redis 4 takes callbacks, and has its promises there
    const asked = isLegacy(client) ? client.v4 : client;
    return {
      run: ({ sha, lua }, keys, args) =>
        asked
          .evalSha(sha, { keys, arguments: args })
          .catch(unlessNoScript(() => asked.eval(lua, { keys, arguments: args }))),
    };
  }
  throw new OptionsError(
    'redisLedger(client) needs a client of ioredis 5 or 6, of iovalkey, or of node-redis 4, 5 or 6 (its methods evalsha() and defineCommand(), or evalSha(), were looked for): pass the client itself, and not its options or a promise of it',
  );
}

const has = (client: unknown, ...methods: string[]): boolean =>
  typeof client === 'object' &&
  client !== null &&
  methods.every((method) => typeof (client as Record<string, unknown>)[method] === 'function');

const isIoredis = (client: unknown): client is IoredisClient => has(client, 'evalsha', 'eval', 'defineCommand');

const isNodeRedisCluster = (client: unknown): client is NodeRedisCluster =>
  has(client, 'sendCommand') && Array.isArray((client as NodeRedisCluster).masters);

const isNodeRedis = (client: unknown): client is NodeRedisClient => has(client, 'evalSha', 'eval');

/** Elsewhere, asking for `v4` throws. */
const isLegacy = (client: object): client is { readonly v4: NodeRedisClient } =>
  (client as { options?: { legacyMode?: boolean } }).options?.legacyMode === true;

/** Redis keeps scripts in memory only: a restart, a failover and SCRIPT FLUSH forget them. */
const unlessNoScript = (again: () => Promise<unknown>) => (error: unknown) => {
  if (error instanceof Error && error.message.startsWith('NOSCRIPT')) return again();
  throw error;
};
