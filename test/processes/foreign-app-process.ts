// node foreign-app-process.ts <the stand-in's url>: two requests of an app that only calls Express's middleware itself
import { costAware } from '@eden-cost/express';
import type { Request, Response } from 'express';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { serve } from '../support/serve.js';

const [edenUrl = ''] = process.argv.slice(2);
const lines: unknown[] = [];
const costs = costAware({ baseUrls: [edenUrl], rateCard: false, logger: ({ msg }) => lines.push(msg) });
const { url, close } = await serve((req, res) =>
  costs(req as Request, res as Response, async () => {
    const chat = postInit(CHAT, { reply: { costUsd: 0.01 } });
    await readAnswer(await fetch(`${edenUrl}/v3/chat/completions`, chat));
    res.end(String((req as Request).costs.totalNanos));
  }),
);
const answers = [await (await fetch(url)).text(), await (await fetch(url)).text()];
await close();
await costs.meter.close();
process.stdout.write(
  JSON.stringify({ answers, costLines: lines.filter((msg) => msg === 'edenai request cost').length }),
);
