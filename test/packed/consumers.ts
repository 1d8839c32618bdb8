/**
 * An app as its author writes it, in one module system or the other. It sends one request to itself that makes one call,
 * and one that a spent budget refuses, and prints what it saw.
 */
const app = `
const app = express();
const lines = [];
const cost = costAware({
  baseUrls: [process.env.EDEN_URL],
  budgets: [{ name: 'all', limitUsd: 0.01, window: 'day' }],
  logger: (line) => lines.push(line),
});
app.use(cost);
app.get('/ask', async (req, res) => {
  const answer = await fetch(process.env.EDEN_URL + '/v3/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...standInHeaders({ costUsd: 0.01 }) },
    body: JSON.stringify({ model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'Hello' }] }),
  });
  await answer.json();
  res.json({ nanos: req.costs.totalNanos });
});
app.use(costErrors());
const server = app.listen(0, '127.0.0.1', async () => {
  const ask = async () => {
    const answer = await fetch('http://127.0.0.1:' + server.address().port + '/ask');
    return { status: answer.status, ...(await answer.json()) };
  };
  const answers = [await ask(), await ask()];
  server.close();
  await cost.meter.close();
  console.log(JSON.stringify({ answers, costLines: lines.filter(({ msg }) => msg === 'edenai request cost').length }));
});
`;

export const commonJs = `
const { costAware, costErrors } = require('@eden-cost/express');
const { standInHeaders } = require('@eden-cost/testing');
const express = require('express');
${app}`;

export const esm = `
import { costAware, costErrors } from '@eden-cost/express';
import { standInHeaders } from '@eden-cost/testing';
import express from 'express';
${app}`;

/** Both copies of core in one process. */
export const bothCopies = `
import { createRequire } from 'node:module';
import * as esm from '@eden-cost/core';
import { costAware } from '@eden-cost/express';
import express from 'express';
const require = createRequire(import.meta.url);
const cjs = require(process.env.OTHER_COPY);

const charges = [];
const meter = cjs.createMeter({ baseUrls: [process.env.EDEN_URL], logger: false });
meter.on('charge', ({ amount }) => charges.push(amount));
let second;
try {
  second = esm.createMeter();
} catch (error) {
  second = error;
}
const handler = costAware({ labels: () => ({ tenant: 'acme' }) });
const call = () => fetch(process.env.EDEN_URL + '/v3/chat/completions', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'Hello' }] }),
}).then((answer) => answer.json());

let sharedScope;
await meter.run({}, async () => {
  await call();
  sharedScope = esm.meterInProcess().current() === meter.current() && meter.current() !== undefined;
});
const error = new esm.CreditsExhaustedError({ status: 402 });
console.log(JSON.stringify({
  twoCopies: esm.CreditsExhaustedError !== cjs.CreditsExhaustedError,
  instanceOf: [
    error instanceof cjs.CreditsExhaustedError,
    error instanceof cjs.PaymentRequiredError,
    error instanceof cjs.BudgetExceededError,
    new cjs.OptionsError('x') instanceof esm.CostError,
  ],
  secondMeter: second instanceof esm.OptionsError,
  oneMeter: esm.meterInProcess() === meter && handler.meter === meter,
  sharedScope,
  charges: charges.length,
}));
await meter.close();
`;

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
