import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { endOf, spawnRedis } from './redis-server.js';
import { until } from './until.js';

const SLOTS = 16_384;

export interface RedisCluster {
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  /** How many keys each node has. */
  sizes(): Promise<number[]>;
  /** Begins to move the slot of a hash tag to the next node. */
  beginMove(tag: string): Promise<SlotMove>;
  close(): Promise<void>;
}

/** A slot on its way from one node to another. */
export interface SlotMove {
  /** Those that have not been moved yet. */
  keysLike(pattern: string): Promise<string[]>;
  keys(...keys: string[]): Promise<void>;
  end(): Promise<void>;
}

/** Three primaries that share the slots. */
export async function startCluster(): Promise<RedisCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'eden-cost-cluster-'));
  const ports = await freePorts(6);
  const nodes = ports.slice(0, 3).map((port) => ({ host: '127.0.0.1', port }));
  const children: ChildProcess[] = [];
  const clients: Redis[] = [];
  const close = async () => {
    for (const client of clients) client.disconnect();
    await Promise.all(children.map(endOf));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const [index, { port }] of nodes.entries()) {
      const bus = String(ports[index + 3]);
      const place = ['--port', String(port), '--cluster-port', bus, '--bind', '127.0.0.1', '--dir', folder];
      const file = ['--cluster-enabled', 'yes', '--cluster-config-file', `nodes-${index}.conf`];
      children.push(await spawnRedis([...place, '--save', '', ...file]));
    }
    for (const node of nodes) clients.push(new Redis(node));
    for (const [index, client] of clients.entries()) {
      const [from, to] = [index, index + 1].map((part) => Math.floor((part * SLOTS) / clients.length)) as [
        number,
        number,
      ];
      await client.call('CLUSTER', 'ADDSLOTSRANGE', from, to - 1);
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
      if (index > 0)
        await clients[0]?.call('CLUSTER', 'MEET', '127.0.0.1', String(ports[index]), String(ports[index + 3]));
    }
    const areWhole = async () => (await Promise.all(clients.map(isWhole))).every(Boolean);
    await until('all nodes of the cluster know each other', areWhole, 30_000);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    nodes,
    sizes: () => Promise.all(clients.map((client) => client.dbsize())),
    beginMove: (tag) => beginMove(clients, tag),
    close,
  };
}

async function beginMove(clients: readonly Redis[], tag: string): Promise<SlotMove> {
  const slot = await (clients[0] as Redis).cluster('KEYSLOT', tag);
  const index = Math.floor((slot * clients.length) / SLOTS);
  const [from, to] = [clients[index], clients[(index + 1) % clients.length]] as [Redis, Redis];
  const [fromId, toId] = (await Promise.all([from, to].map((node) => node.cluster('MYID')))) as [string, string];
  const { host = '', port = 0 } = to.options;
  await to.cluster('SETSLOT', slot, 'IMPORTING', fromId);
  await from.cluster('SETSLOT', slot, 'MIGRATING', toId);
  return {
    keysLike: (pattern) => from.keys(pattern),
    async keys(...keys) {
      if (keys.length > 0) await from.call('MIGRATE', host, port, '', 0, 10_000, 'KEYS', ...keys);
    },
    async end() {
      for (const node of [to, from]) await node.cluster('SETSLOT', slot, 'NODE', toId);
    },
  };
}

/** Knows all three, and that they serve every slot. */
async function isWhole(client: Redis): Promise<boolean> {
  const info = await client.cluster('INFO');
  return /cluster_state:ok/.test(info) && /cluster_known_nodes:3/.test(info) && /cluster_slots_ok:16384/.test(info);
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
