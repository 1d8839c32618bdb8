import { once } from 'node:events';
import { Readable } from 'node:stream';
import { useKoa } from '../../koa/kit.js';
import { BUDGETS, chat, leaveBehindAnother, leaveDuringCall, leaveDuringStream, openStream } from '../disconnects.js';

const kit = useKoa();

async function start() {
  let gone: Promise<unknown> = Promise.resolve();
  const app = kit.app({ budgets: BUDGETS }, async (ctx) => {
    if (ctx.path === '/gone') {
      await gone;
      ctx.body = '';
    } else if (ctx.path === '/stream') {
      ctx.body = Readable.fromWeb((await openStream(kit.eden.baseUrl)) as never);
    } else {
      gone = once(ctx.res, 'close');
      await chat(kit.eden.baseUrl);
      ctx.body = 'nobody reads this';
    }
  });
  const { url } = await kit.serve(app);
  return { url, eden: kit.eden, costLines: kit.costLines };
}

test('a client that leaves during a call: its cost lands on the budget and in a line that says so', async () => {
  await leaveDuringCall(await start());
});

test('a client that leaves in the midst of a stream: what it has cost is in a line that says so', async () => {
  await leaveDuringStream(await start());
});

test('a client that leaves while its second request waits behind the first: both are in a line', async () => {
  await leaveBehindAnother(await start());
});
