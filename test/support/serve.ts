import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves an app (or any listener) on a free port. */
export async function serve(listener: RequestListener): Promise<Served> {
  const server = createServer(listener);
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Serves for the length of one test; all are closed after it. */
export function useServers(): (listener: RequestListener) => Promise<Served> {
  const open: Served[] = [];
  afterEach(async () => {
    for (const served of open.splice(0)) await served.close();
  });
  return async (listener) => {
    const served = await serve(listener);
    open.push(served);
    return served;
  };
}
