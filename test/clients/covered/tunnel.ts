import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';

/** A proxy that makes tunnels by CONNECT, and nothing else. */
export async function startTunnel(): Promise<{ url: string; close(): void }> {
  const server = http.createServer().on('connect', (request, socket) => {
    const { hostname, port } = new URL(`http://${request.url}`);
    const upstream = net.connect(Number(port || 80), hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    socket.on('error', () => upstream.destroy());
    upstream.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => void server.close() };
}
