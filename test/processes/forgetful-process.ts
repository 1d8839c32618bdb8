import { setImmediate as nextTurn } from 'node:timers/promises';
import { createMeter } from '@eden-cost/core';
import { report } from '../support/report.js';

/** Runs jobs to their end, each in a scope of its own; prints how many of the scopes the process has let go of. */
const [edenUrl = '', count = '0'] = process.argv.slice(2);
const meter = createMeter({
  baseUrls: [edenUrl],
  budgets: [
    { name: 'one', limitUsd: 100, window: 'request' },
    { name: 'all', limitUsd: 100, window: 'total' },
  ],
  rateCard: false,
});
let gone = 0;
const scopes = new FinalizationRegistry(() => {
  gone += 1;
});

const jobs = `${edenUrl}/v3/universal-ai/async`;
const headers = { 'content-type': 'application/json' };
for (let index = 0; index < Number(count); index++) {
  await meter.run({ labels: { tenant: 'a' } }, async () => {
    scopes.register(meter.current() as object, undefined);
    const started = await fetch(jobs, { method: 'POST', headers, body: '{}' });
    const { public_id } = (await started.json()) as { public_id: string };
    await (await fetch(`${jobs}/${public_id}`)).arrayBuffer();
  });
}
for (let turn = 0; turn < 100; turn++) {
  global.gc?.();
  await nextTurn();
}
const { costNanos } = meter.snapshot();
await meter.close();
report({ gone, costNanos });
