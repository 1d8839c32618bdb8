import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import express from 'express';
import { useCostAware } from '../../support/cost-aware.js';
import { useServers } from '../../support/serve.js';
import { useStandIn } from '../../support/stand-in.js';
import { turnsUntil } from '../../support/turns.js';
import { BUDGETS, chat, leaveBehindAnother, leaveDuringCall, leaveDuringStream, openStream } from '../disconnects.js';

const standIn = useStandIn();
const kit = useCostAware(() => standIn.eden);
const serve = useServers();

async function start() {
  const app = express().use(kit.costAware({ budgets: BUDGETS }));
  let gone: Promise<unknown> = Promise.resolve();
  app.get('/ask', async (_req, res) => {
    gone = once(res, 'close');
    await chat(standIn.eden.baseUrl);
    res.json('nobody reads this');
  });
  app.get('/gone', async (_req, res) => {
    await gone;
    res.end();
  });
  app.get('/stream', async (_req, res) => {
    await pipeline(Readable.fromWeb((await openStream(standIn.eden.baseUrl)) as never), res).catch(() => {});
  });
  const { url } = await serve(app);
  return { url, eden: standIn.eden, costLines: kit.costLines };
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

test('a client that leaves before all of an answer is sent has left, even if the handler is through', async () => {
  let ended = () => {};
  const handled = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const app = express().use(kit.costAware());
  app.get('/ask', async (_req, res) => {
    await chat(standIn.eden.baseUrl);
    res.end(Buffer.alloc(64 * 1024 * 1024));
    ended();
  });
  const { url } = await serve(app);
  const client = new AbortController();
  await fetch(`${url}/ask`, { signal: client.signal });
  await handled;
  client.abort();
  await turnsUntil(() => kit.costLines().length > 0);
  expect(kit.costLines()).toMatchObject([{ edenai: { calls: 1, aborted: true } }]);
});
