import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import tls from 'node:tls';

export interface TlsFront {
  readonly origin: string;
  /** What a client's agent needs to reach it. */
  readonly tls: https.AgentOptions;
  close(): Promise<void>;
}

/**
 * Speaks TLS in front of a server, by a key that both sides know: no certificate is needed, and still the connection
 * counts as authorized.
 */
export async function tlsFront(target: string): Promise<TlsFront> {
  const { hostname, port } = new URL(target);
  const psk = randomBytes(32);
  const sockets = new Set<net.Socket>();
  const server = tls.createServer({ ciphers: 'PSK', pskCallback: () => psk }, (socket) => {
    const upstream = net.connect(Number(port), hostname);
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy()).on('close', () => sockets.delete(one));
      one.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tls: {
      ciphers: 'PSK',
      minVersion: 'TLSv1.2',
      maxCachedSessions: 0, // OpenSSL now and then refuses to resume a session of a shared key
      checkServerIdentity: () => undefined,
      pskCallback: () => ({ psk, identity: 'test' }),
    },
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
