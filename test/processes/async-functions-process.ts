// node async-functions-process.ts <the stand-in's url>: an app whose functions answer with promises that reject
import { costAware } from '@eden-cost/express';
import express from 'express';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { serve } from '../support/serve.js';

const [edenUrl = ''] = process.argv.slice(2);
const down = async () => {
  throw new Error('the database is down');
};
const costs = costAware({
  baseUrls: [edenUrl],
  rateCard: false,
  labels: down as never,
  logger: down as never,
  budgets: [{ name: 'all', limitUsd: 1, window: 'day', match: down as never }],
});
const problems = new Set<string>();
costs.meter.on('error', ({ problem }) => void problems.add(problem));
const app = express().use(costs);
app.get('/', async (_req, res) => {
  await readAnswer(await fetch(`${edenUrl}/v3/chat/completions`, postInit(CHAT, { reply: { costUsd: 0.01 } })));
  res.json(costs.meter.current()?.totalNanos);
});
const { url, close } = await serve(app);
const answer = await (await fetch(url)).json();
await close();
await costs.meter.close();
process.stdout.write(JSON.stringify({ answer, problems: [...problems].sort() }));
