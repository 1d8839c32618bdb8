const chat = `
const chat = () =>
  fetch(process.env.EDEN_URL + '/v3/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...standInHeaders({ costUsd: 0.01 }) },
    body: JSON.stringify({ model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'Hello' }] }),
  }).then((answer) => answer.json());
let costLines = 0;
`;

const options = `{
  baseUrls: [String(process.env.EDEN_URL)],
  budgets: [{ name: 'all', limitUsd: 0.01, window: 'day' }],
  logger: ({ msg }) => {
    if (msg === 'edenai request cost') costLines += 1;
  },
}`;

/** Sends the app one request that makes one call, and one that a spent budget refuses, and prints what it saw. */
const asked = (url: string, close: string) => `
  const ask = async () => {
    const answer = await fetch(${url} + '/ask');
    return { status: answer.status, body: await answer.json() };
  };
  const answers = [await ask(), await ask()];
  ${close}
  console.log(JSON.stringify({ answers, costLines }));
`;

const served = `
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
${asked("'http://127.0.0.1:' + server.address().port", 'server.close(); await cost.meter.close();')}`;

const express = `${chat}
async function main() {
  const app = express();
  const cost = costAware(${options});
  app.use(cost);
  app.get('/ask', async (req, res) => {
    await chat();
    res.json({ nanos: req.costs.totalNanos });
  });
  app.use(costErrors());
${served}}
main();
`;

const koa = `${chat}
async function main() {
  const app = new Koa();
  const cost = costAware({ problemJson: true, ...${options} });
  app.use(cost);
  app.use(async (ctx) => {
    await chat();
    ctx.body = { nanos: ctx.costs.totalNanos };
  });
${served}}
main();
`;

const sqlite = `
async function main() {
  const ledger = sqliteLedger('budgets.db', { deadlineMs: 20000 });
  await ledger.start();
  const at = Date.now();
  const account = { key: 'x' };
  const hold = { account, amount: 10, limit: 10, enforce: true, thresholds: [] };
  const reserve = (id) => ledger.reserve({ id, at, ttlMs: 60000, holds: [hold] });
  const answers = [await reserve('a' + process.pid), await reserve('b' + process.pid)];
  await ledger.settle('a' + process.pid, 0, { rank: 'reported', at });
  const [balance] = await ledger.balances([account], at);
  await ledger.close();
  console.log(JSON.stringify({ admitted: answers.map(({ admitted }) => admitted), balance }));
}
main();
`;

/** Nobody is asked: a client that is none is refused, whichever copy of core the error is of. */
const redis = `
const client = { evalSha: async () => ['epoch', '0', '0'], eval: async () => [] };
let refused;
try {
  redisLedger({});
} catch (error) {
  refused = error instanceof OptionsError;
}
console.log(JSON.stringify({ name: redisLedger(client).name, refused }));
`;

/** Apps as their authors write them, in one module system or the other. */
export const commonJs = {
  express: `
const { once } = require('node:events');
const { costAware, costErrors } = require('@eden-cost/express');
const { standInHeaders } = require('@eden-cost/testing');
const express = require('express');
${express}`,
  koa: `
const { once } = require('node:events');
const { costAware } = require('@eden-cost/koa');
const { standInHeaders } = require('@eden-cost/testing');
const Koa = require('koa');
${koa}`,
  sqlite: `const { sqliteLedger } = require('@eden-cost/sqlite');${sqlite}`,
  redis: `
const { OptionsError } = require('@eden-cost/core');
const { redisLedger } = require('@eden-cost/redis');
${redis}`,
};

export const esm = {
  express: `
import { once } from 'node:events';
import { costAware, costErrors } from '@eden-cost/express';
import { standInHeaders } from '@eden-cost/testing';
import express from 'express';
${express}`,
  koa: `
import { once } from 'node:events';
import { costAware } from '@eden-cost/koa';
import { standInHeaders } from '@eden-cost/testing';
import Koa from 'koa';
${koa}`,
  sqlite: `import { sqliteLedger } from '@eden-cost/sqlite';${sqlite}`,
  redis: `
import { OptionsError } from '@eden-cost/core';
import { redisLedger } from '@eden-cost/redis';
${redis}`,
};

/** To be compiled, and run: as ESM, or as CommonJS. */
export const nest = `
import 'reflect-metadata';
import { CostModule, Costs, type CostScope } from '@eden-cost/nestjs';
import { standInHeaders } from '@eden-cost/testing';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
${chat}
@Controller()
class AskController {
  @Get('ask')
  async ask(@Costs() costs: CostScope) {
    await chat();
    return { nanos: costs.totalNanos };
  }
}

@Module({ imports: [CostModule.forRoot(${options})], controllers: [AskController] })
class AppModule {}

async function main() {
  const app = await NestFactory.create(AppModule, { logger: false, forceCloseConnections: true });
  await app.listen(0, '127.0.0.1');
${asked('(await app.getUrl())', 'await app.close();')}}
main();
`;

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
