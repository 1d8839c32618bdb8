import { cpSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as esm from '@eden-cost/core';
import { startEdenStandIn } from '@eden-cost/testing';
import { report } from '../support/report.js';

type Core = typeof esm;

/** What came of one copy of the package, which had its meter installed while the other two were loaded too. */
export interface PackageRun {
  readonly copy: string;
  /** What the other copies said when they were to make a meter of their own. */
  readonly others: readonly string[];
  /** What each call was charged by the time it was read, as each of the copies tells it. */
  readonly charged: readonly (readonly number[])[];
  /** Of the call that there was no money for. */
  readonly denied: { readonly name: string; readonly code: string; readonly told: readonly boolean[] };
  readonly calls: number;
  readonly booked: number;
  readonly restored: boolean;
}

const require = createRequire(import.meta.url);
const COST_USD = '0.012345678';

const original = dirname(require.resolve('@eden-cost/core/package.json'));
const commonjs = (folder: string) => require(join(folder, 'dist', 'cjs', 'index.js')) as Core;

/** A copy of the package with files of its own, as a second version of it has. */
function copyOf(folder: string): Core {
  cpSync(join(original, 'package.json'), join(folder, 'package.json'));
  cpSync(join(original, 'dist'), join(folder, 'dist'), { recursive: true });
  symlinkSync(join(original, 'node_modules'), join(folder, 'node_modules'), 'dir');
  return commonjs(folder);
}

const root = mkdtempSync(join(realpathSync(tmpdir()), 'eden-cost-'));
const COPIES: Readonly<Record<string, Core>> = {
  'ES modules': esm,
  CommonJS: commonjs(original),
  'another version': copyOf(root),
};
const eden = await startEdenStandIn({ costUsd: COST_USD });
const url = `${eden.baseUrl}/chat/completions`;
const body = '{"model":"openai/gpt-4o","messages":[]}';

const CALLS: (() => Promise<unknown>)[] = [
  async () => (await fetch(url, { method: 'POST', body })).text(),
  () =>
    new Promise((resolve, reject) => {
      const request = http.request(url, { method: 'POST' }, (response) => text(response).then(resolve, reject));
      request.on('error', reject).end(body);
    }),
];

async function run(copy: string): Promise<PackageRun> {
  const core = COPIES[copy] as Core;
  const options = { baseUrls: [eden.url], rateCard: false as const, logger: false as const };
  const before = eden.books().requests;
  const calls = CALLS.length * Object.keys(COPIES).length;
  const limitUsd = calls * Number(COST_USD);
  const budgets = [{ name: 'all', limitUsd, window: 'total' as const, estimateUsd: Number(COST_USD) }];
  const meter = core.createMeter({ ...options, budgets });
  const others: string[] = [];
  const charged: number[][] = [];
  for (const other of Object.values(COPIES)) {
    if (other !== core) others.push(refusalOf(() => other.createMeter(options)));
    for (const call of CALLS) {
      await meter.run({}, async () => {
        await call();
        charged.push((other.meterInProcess()?.current()?.charges ?? []).map(({ amount }) => amount));
      });
    }
  }
  const error = await meter.run({}, async () => fetch(url, { method: 'POST', body })).catch((thrown: Error) => thrown);
  const { name, code } = error as Error & { code: string };
  const told = Object.values(COPIES).map(({ BudgetExceededError }) => error instanceof BudgetExceededError);
  const booked = eden.books().requests - before;
  const { calls: counted } = meter.snapshot();
  const { restored } = await meter.close();
  return { copy, others, charged, denied: { name, code, told }, calls: counted, booked, restored };
}

function refusalOf(make: () => unknown): string {
  try {
    make();
    return 'none';
  } catch (error) {
    return (error as Error & { code: string }).code;
  }
}

const { fetch: bare } = globalThis;
const runs: PackageRun[] = [];
for (const copy of Object.keys(COPIES)) runs.push(await run(copy));
rmSync(root, { recursive: true });
const left = globalThis.fetch === bare;
report({ runs, left });
