import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';

/** Another port of a server: hands every byte on, both ways. */
export async function startForward(origin: string): Promise<{ port: number }> {
  const { hostname, port } = new URL(origin);
  const server = net.createServer((socket) => {
    const upstream = net.connect(Number(port), hostname);
    socket.on('error', () => upstream.destroy());
    upstream.on('error', () => socket.destroy());
    socket.pipe(upstream).pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port };
}
