import { once } from 'node:events';
import { createServer, type IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import { WebSocket, WebSocketServer } from 'ws';
import { useCostAware } from '../../support/cost-aware.js';
import { useStandIn } from '../../support/stand-in.js';
import { turnsUntil } from '../../support/turns.js';
import { chat } from '../disconnects.js';

const standIn = useStandIn();
const kit = useCostAware(() => standIn.eden);

type Upgraded = IncomingMessage & { ws: WebSocket };
type Handle = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

/** What express-ws does: the routes get the socket, and a response that is never sent. */
async function serve(app: Express) {
  const server = createServer(app).listen(0);
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (ws, req) => {
    Object.assign(req, { ws, url: `${req.url}/.websocket` });
    (app as unknown as { handle: Handle }).handle(req, new ServerResponse(req), () => ws.close());
  });
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      sockets.close();
      server.close();
      await once(server, 'close');
    },
  };
}

test('the calls of a websocket are in one line, once it is closed', async () => {
  const app = express().use(kit.costAware({ labels: () => ({ tenant: 'acme' }) }));
  app.get('/chat/.websocket', (req) => {
    const { ws } = req as unknown as Upgraded;
    chat(standIn.eden.baseUrl).then(() => ws.send('hello'));
    ws.on('message', () =>
      req.costs.run(async () => {
        await chat(standIn.eden.baseUrl);
        ws.send('an answer');
      }),
    );
  });
  const { url, close } = await serve(app);
  const client = new WebSocket(`${url}/chat`);
  const said = async () => String((await once(client, 'message'))[0]);
  expect(await said()).toBe('hello');
  client.send('a question');
  expect(await said()).toBe('an answer');
  expect(kit.costLines()).toEqual([]);
  client.close();
  await turnsUntil(() => kit.costLines().length > 0);
  expect(kit.costLines()).toMatchObject([
    {
      req: { route: '/chat/.websocket' },
      edenai: { calls: 2, labels: { tenant: 'acme' }, aborted: false, late: false },
    },
  ]);
  await close();
});
