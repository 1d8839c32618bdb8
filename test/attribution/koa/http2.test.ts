import { once } from 'node:events';
import { connect, constants, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { useKoa } from '../../koa/kit.js';
import { turnsUntil } from '../../support/turns.js';
import { chat } from '../disconnects.js';

const kit = useKoa();

test('over HTTP/2 a cancelled request is an aborted one in its line, and an answered one is not', async () => {
  const app = kit.app({}, async (ctx) => {
    await chat(kit.eden.baseUrl);
    if (ctx.path === '/answered') {
      ctx.body = 'answered';
      return;
    }
    ctx.respond = false;
    ctx.res.write('begun');
  });
  const server = createServer(app.callback());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await once(client.request({ ':path': '/answered' }).resume(), 'close');
  const cancelled = client.request({ ':path': '/cancelled' });
  await once(cancelled, 'response');
  cancelled.close(constants.NGHTTP2_CANCEL);
  await turnsUntil(() => kit.costLines().length === 2);
  client.close();
  server.close();
  await once(server, 'close');
  expect(kit.costLines()).toMatchObject([{ edenai: { aborted: false } }, { edenai: { aborted: true } }]);
});
