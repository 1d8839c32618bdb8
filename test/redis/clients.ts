import type { RedisClient } from '@eden-cost/redis';
import { Redis as Ioredis6 } from 'ioredis';
import { Redis as Ioredis5 } from 'ioredis5';
import { Redis as Iovalkey } from 'iovalkey';
import { createClient as createClient6 } from 'redis';
import { createClient as createClient4 } from 'redis4';
import { createClient as createClient5 } from 'redis5';

/** It would try for ever, also when its test and the server have ended. */
const reconnectStrategy = (tries: number) => (tries < 50 ? 100 : new Error('The server did not come back'));

export interface Connected {
  readonly client: RedisClient;
  close(): Promise<unknown>;
}

const closeNow = <C extends RedisClient & { disconnect(): void }>(client: C): Connected => ({
  client,
  close: async () => client.disconnect(),
});

/** Every client that an app may bring, connected to a server's socket. */
export const CLIENTS: Readonly<Record<string, (path: string) => Promise<Connected>>> = {
  'ioredis 5': async (path) => closeNow(new Ioredis5({ path })),
  'ioredis 6': async (path) => closeNow(new Ioredis6({ path })),
  'ioredis 6, with auto-pipelining': async (path) => closeNow(new Ioredis6({ path, enableAutoPipelining: true })),
  'ioredis 6, with numbers as texts': async (path) => closeNow(new Ioredis6({ path, stringNumbers: true })),
  iovalkey: async (path) => closeNow(new Iovalkey({ path })),
  'node-redis 4': async (path) => {
    const client = await createClient4({ socket: { path, tls: false, reconnectStrategy } }).connect();
    return { client, close: () => client.quit() };
  },
  'node-redis 4, in legacy mode': async (path) => {
    const client = createClient4({ socket: { path, tls: false }, legacyMode: true });
    await client.connect();
    return { client: client as RedisClient, close: () => client.disconnect() };
  },
  'node-redis 5': async (path) => {
    const client = await createClient5({ socket: { path, tls: false, reconnectStrategy } }).connect();
    return { client, close: () => client.close() };
  },
  'node-redis 5, RESP 3': async (path) => {
    const client = await createClient5({ socket: { path, tls: false, reconnectStrategy }, RESP: 3 }).connect();
    return { client, close: () => client.close() };
  },
  'node-redis 6': async (path) => {
    const client = await createClient6({ socket: { path, tls: false, reconnectStrategy } }).connect();
    return { client, close: () => client.close() };
  },
};
