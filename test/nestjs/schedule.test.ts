import { CostService, WithCosts } from '@eden-cost/nestjs';
import { Inject, Injectable } from '@nestjs/common';
import { Cron, CronExpression, Interval, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { turnsUntil } from '../support/turns.js';
import { useNest } from './kit.js';

const kit = useNest();
const chat = async (costUsd: number) =>
  readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, postInit(CHAT, { reply: { costUsd } })));

const YEARLY = CronExpression.EVERY_YEAR;

@Injectable()
class Jobs {
  readonly failures: unknown[] = [];
  constructor(@Inject(CostService) private readonly costs: CostService) {}

  @Cron(YEARLY, { name: 'above', waitForCompletion: true })
  @WithCosts({ job: 'above' })
  async above() {
    await chat(0.125);
  }

  @WithCosts({ job: 'below' })
  @Cron(YEARLY, { name: 'below', waitForCompletion: true })
  async below() {
    await chat(0.25);
  }

  @Cron(YEARLY, { name: 'run', waitForCompletion: true })
  async run() {
    await this.costs.run({ labels: { job: 'run' } }, () => chat(0.375));
  }

  @Cron(YEARLY, { name: 'plain', waitForCompletion: true })
  async plain() {
    await chat(0.5);
  }

  @Interval('often', 2)
  @WithCosts({ job: 'often' })
  async often() {
    await chat(0.0625).catch((error: unknown) => this.failures.push(error));
  }
}

async function start(cost: Parameters<typeof kit.serve>[0]['cost'] = {}) {
  const { app } = await kit.serve({ imports: [ScheduleModule.forRoot()], providers: [Jobs], cost });
  const registry = app.get(SchedulerRegistry);
  return { app, registry, fire: async (name: string) => registry.getCronJob(name).fireOnTick() };
}

test.each([
  ['above', 125_000_000],
  ['below', 250_000_000],
  ['run', 375_000_000],
])('a cron job has a scope and a line of its own: %s', async (name, costNanos) => {
  const { registry, fire } = await start();
  registry.deleteInterval('often');
  await fire(name);
  await fire(name);
  await turnsUntil(() => kit.costLines().length >= 2);
  expect(kit.costLines().map(({ edenai }) => [edenai.costNanos, edenai.labels, edenai.aborted])).toEqual(
    Array(2).fill([costNanos, { job: name }, false]),
  );
});

test('one without @WithCosts() has none: its cost is unattributed', async () => {
  const { app, registry, fire } = await start();
  registry.deleteInterval('often');
  await fire('plain');
  expect(app.get(CostService).meter.snapshot()).toMatchObject({ costNanos: 5e8, unattributedNanos: 5e8 });
  expect(kit.costLines()).toEqual([]);
});

test('an interval is held to the budget of its label, and the others go on', async () => {
  const { app, fire } = await start({
    budgets: [{ name: 'job', limitUsd: 0.25, window: 'day', by: 'job', estimateUsd: 0.0625 }],
  });
  const jobs = app.get(Jobs);
  await turnsUntil(() => jobs.failures.length > 0);
  await fire('below');
  await turnsUntil(() => kit.costLines().some(({ edenai }) => edenai.labels.job === 'below'));
  const spent = kit
    .costLines()
    .reduce((sum, { edenai }) => sum + (edenai.labels.job === 'often' ? edenai.costNanos : 0), 0);
  expect(spent).toBe(250_000_000);
});
