// node unattributed-process.ts <where its calls are made> <the stand-in's url>: writes its snapshot
import { createMeter } from '@eden-cost/core';
import { costAware } from '@eden-cost/express';
import express from 'express';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { serve } from '../support/serve.js';

const [where = '', edenUrl = ''] = process.argv.slice(2);
const options = { baseUrls: [edenUrl], rateCard: false as const };
const chat = async (costUsd = 0.25) =>
  readAnswer(await fetch(`${edenUrl}/v3/chat/completions`, postInit(CHAT, { reply: { costUsd } })));

const PLACES: Record<string, () => Promise<object>> = {
  async 'beside requests'() {
    const costs = costAware({ ...options, logger: false });
    const app = express().use(costs);
    app.get('/', async (req, res) => {
      await chat(0.125);
      res.json(req.costs.totalUsd);
    });
    const { url, close } = await serve(app);
    const answers = Promise.all([1, 2, 3].map(async () => (await fetch(url)).json()));
    await Promise.all([answers, chat(), chat()]);
    await chat();
    await close();
    return { ...costs.meter.snapshot(), answers: await answers };
  },
  async 'beside a budget by tenant'() {
    const meter = createMeter({ ...options, budgets: [{ name: 'tenant', limitUsd: 0, window: 'day', by: 'tenant' }] });
    await chat();
    return meter.snapshot();
  },
  async 'in a script'() {
    const meter = createMeter({ ...options, budgets: [{ name: 'all', limitUsd: 1, window: 'day' }] });
    await chat();
    await meter.remaining();
    await chat();
    return meter.snapshot();
  },
  async 'in jobs alone'() {
    const meter = createMeter(options);
    await meter.run({ labels: { job: 'nightly' } }, () => chat());
    return meter.snapshot();
  },
  async 'for free'() {
    const meter = createMeter(options);
    await meter.run({}, () => chat());
    await chat(0);
    return meter.snapshot();
  },
};

process.stdout.write(JSON.stringify(await PLACES[where]?.()));
