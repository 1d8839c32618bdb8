import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import express from 'express';
import { useCostAware } from '../../support/cost-aware.js';
import { useServers } from '../../support/serve.js';
import { useStandIn } from '../../support/stand-in.js';
import { BUDGETS, chat, leaveDuringCall, leaveDuringStream, openStream } from '../disconnects.js';

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
