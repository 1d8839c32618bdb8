import { createServer, connect as open, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { tempTree } from '../support/temp-tree.js';

/** An address that stays when the server behind it changes, as that of a managed Redis does. */
export interface Endpoint {
  readonly path: string;
  /** New connections go to the server with that socket, and those that are open are cut. */
  leadTo(socket: string): void;
  close(): void;
}

export async function startEndpoint(first: string): Promise<Endpoint> {
  const path = join(tempTree(), 'endpoint');
  const sockets = new Set<Socket>();
  let target = first;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  const server: Server = createServer((incoming) => {
    const outgoing = open(target);
    for (const [one, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => other.destroy());
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    leadTo(socket) {
      target = socket;
      cut();
    },
    close() {
      server.close();
      cut();
    },
  };
}
