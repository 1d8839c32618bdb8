/** Compiled, never run: what a user's editor knows. */
export const typeScript = `
import { type CostScope, createMeter, isBudgetExceeded, memoryLedger, OptionsError } from '@eden-cost/core';
import { costAware, costErrors, withBudget } from '@eden-cost/express';
import { type EdenStandIn, manualClock, startEdenStandIn } from '@eden-cost/testing';
import express = require('express');

const app = express();
const cost = costAware({ labels: (req) => ({ tenant: req.get('x-tenant') }), budgets: [{ name: 'all', limitUsd: 1, window: 'day' }] });
app.use(cost);
app.post('/ask', withBudget('all'), (req, res) => {
  const scope: CostScope = req.costs;
  const nanos: number = scope.totalNanos;
  res.json({ nanos });
});
app.use(costErrors());
// @ts-expect-error a misspelt option
costAware({ budget: [] });
// @ts-expect-error a window that does not exist
createMeter({ budgets: [{ name: 'all', limitUsd: 1, window: 'minute' }] });
const meter = createMeter({ ledger: memoryLedger(), clock: manualClock() });
const total: number | undefined = meter.current()?.totalUsd;
const started: Promise<EdenStandIn> = startEdenStandIn();
export const seen = (error: unknown) => (isBudgetExceeded(error) ? error.budget : error instanceof OptionsError ? error.code : total ?? started);
`;

export const koaTypeScript = `
import { costAware, withBudget } from '@eden-cost/koa';
import Koa = require('koa');

const app = new Koa().use(costAware({ problemJson: true })).use(withBudget());
app.use(async (ctx) => {
  const nanos: number = ctx.costs.totalNanos;
  ctx.body = { nanos };
});
// @ts-expect-error a misspelt option
costAware({ problemJSON: true });
`;
