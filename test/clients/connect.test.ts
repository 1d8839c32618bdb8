import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createMeter } from '@eden-cost/core';
import { COPIES } from './undici-origins.js';

/** Opens a tunnel, says something, and tells what comes back. */
type Connect = (origin: string, tell: (said: string) => void) => Promise<unknown>;

const echoOf = async (socket: Duplex): Promise<string> => {
  socket.write('hello');
  const [said] = await once(socket, 'data');
  return String(said);
};

const WAYS: readonly (readonly [name: string, connect: Connect])[] = [
  [
    'node:http',
    async (origin, tell) => {
      const { hostname, port } = new URL(origin);
      const request = http
        .request({ method: 'CONNECT', hostname, port, path: '/v3/chat/completions', agent: false })
        .end();
      const [, socket] = (await once(request, 'connect')) as [IncomingMessage, Duplex];
      tell(await echoOf(socket));
      socket.destroy();
    },
  ],
  ...COPIES.map(([name, undici]): [string, Connect] => [
    name,
    async (origin, tell) => {
      const dispatcher = new undici.Client(origin);
      const { socket } = await dispatcher.connect({ path: '/v3/chat/completions' });
      tell(await echoOf(socket));
      socket.destroy();
      await dispatcher.destroy();
    },
  ]),
];

it.each(WAYS)(
  'a tunnel that is opened over %s to Eden AI itself passes as it is, and is no call',
  async (_name, connect) => {
    const server = http.createServer().on('connect', (_request, socket) => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      socket.pipe(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const meter = createMeter({ baseUrls: [origin], rateCard: false });
    for (const [, undici] of COPIES) meter.instrument(undici);
    const heard: string[] = [];
    try {
      await meter.run({}, () => connect(origin, (said) => heard.push(said)));
      expect(heard).toEqual(['hello']);
      expect(meter.snapshot()).toMatchObject({ calls: 0, failedCalls: 0, callsInFlight: 0 });
    } finally {
      await meter.close();
      server.closeAllConnections();
      server.close();
    }
  },
);
