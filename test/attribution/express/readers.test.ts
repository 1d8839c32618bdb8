import express, { type Request, type Response } from 'express';
import { CHAT, postInit, readAnswer } from '../../support/calls.js';
import { useCostAware } from '../../support/cost-aware.js';
import { useServers } from '../../support/serve.js';
import { useStandIn } from '../../support/stand-in.js';
import { turnsUntil } from '../../support/turns.js';

const standIn = useStandIn();
const kit = useCostAware(() => standIn.eden);
const serve = useServers();
const chat = async () =>
  readAnswer(await fetch(`${standIn.eden.baseUrl}/chat/completions`, postInit(CHAT, { reply: { costUsd: 0.25 } })));

const HOW: [string, (req: Request, fn: () => Promise<void>) => () => unknown][] = [
  ['costs.run', (req, fn) => () => req.costs.run(fn)],
  ['meter.bind', (_req, fn) => kit.costAware().meter.bind(fn)],
];

/** Requests over one connection: the events of its parser come in the context of whoever made it. */
test.each(HOW)("each request that is answered in req.on('end') has its own cost, through %s", async (_how, within) => {
  const app = express().use(kit.costAware());
  app.post('/ask', (req: Request, res: Response) => {
    req.on('data', () => {});
    req.on(
      'end',
      within(req, async () => {
        await chat();
        res.json(req.costs.totalUsd);
      }) as () => void,
    );
  });
  const { url } = await serve(app);
  const send = async () => (await fetch(`${url}/ask`, { method: 'POST', body: 'x'.repeat(200_000) })).json();
  expect([await send(), await send(), ...(await Promise.all([send(), send(), send()]))]).toEqual(Array(5).fill(0.25));
  expect(kit.costLines().map(({ edenai }) => edenai.calls)).toEqual(Array(5).fill(1));
  expect(kit.costAware().meter.snapshot().unattributedNanos).toBe(0);
});

test('without either, their calls are unattributed, and never those of another request', async () => {
  const costs = kit.costAware();
  const app = express().use(costs);
  app.post('/ask', (req: Request, res: Response) => {
    req.on('data', () => {});
    req.on('end', async () => {
      await chat();
      res.json(req.costs.totalUsd);
    });
  });
  const { url } = await serve(app);
  const send = async () => (await fetch(`${url}/ask`, { method: 'POST', body: 'x'.repeat(200_000) })).json();
  expect([await send(), ...(await Promise.all([send(), send(), send()]))]).toEqual(Array(4).fill(0));
  await turnsUntil(() => costs.meter.snapshot().calls >= 4);
  expect([costs.meter.snapshot().unattributedNanos, kit.costLines()]).toEqual([1_000_000_000, []]);
});
