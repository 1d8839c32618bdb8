import { EventEmitter } from 'node:events';
import { CostService, InjectMeter, isBudgetExceeded, type Meter, WithCosts } from '@eden-cost/nestjs';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { useNest } from './kit.js';

const kit = useNest();
const chat = async (costUsd: number) =>
  readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, postInit(CHAT, { reply: { costUsd } })));

interface Job {
  readonly name: string;
  readonly data: { readonly tenant: string; readonly costUsd: number };
}

/** As BullMQ's worker: several jobs at once, in the context of whoever started it. */
class Worker extends EventEmitter {
  constructor(private readonly processor: (job: Job) => Promise<unknown>) {
    super();
  }
  async add(jobs: readonly Job[]): Promise<PromiseSettledResult<unknown>[]> {
    return Promise.allSettled(jobs.map((job) => this.processor(job)));
  }
}

/** As a class with `@Processor()` of @nestjs/bullmq: `process` is found by its name, and called without a request. */
@Injectable()
class Documents implements OnModuleInit {
  worker!: Worker;
  constructor(
    @Inject(CostService) private readonly costs: CostService,
    @InjectMeter() private readonly meter: Meter,
  ) {}

  onModuleInit() {
    this.worker = new Worker((job) => this.process(job));
  }

  @WithCosts(({ name, data }: Job) => ({ job: name, tenant: data.tenant }))
  async process({ data }: Job) {
    await new Promise((resolve) => setImmediate(resolve));
    await chat(data.costUsd);
    await this.summarize(data.costUsd);
    return this.costs.current()?.totalUsd;
  }

  @WithCosts({ job: 'summary' })
  async summarize(costUsd: number) {
    await chat(costUsd);
  }

  nested(data: Job['data']) {
    return this.costs.run({ labels: { tenant: data.tenant } }, async () => {
      await chat(data.costUsd);
      return [this.costs.current()?.labels, this.meter.current()?.totalUsd];
    });
  }
}

const job = (tenant: string, costUsd: number): Job => ({ name: 'index', data: { tenant, costUsd } });
const start = async (cost: Parameters<typeof kit.serve>[0]['cost'] = {}) =>
  (await kit.serve({ providers: [Documents], cost })).app.get(Documents);

test('each of 20 jobs at once has its own cost, with what it calls, and one line', async () => {
  const documents = await start();
  const jobs = Array.from({ length: 20 }, (_, index) => job(`tenant-${index}`, (index + 1) / 64));
  const done = await documents.worker.add(jobs);
  expect(done.map((one) => one.status === 'fulfilled' && one.value)).toEqual(jobs.map(({ data }) => data.costUsd * 2));
  expect(kit.costLines()).toHaveLength(20);
  for (const { edenai } of kit.costLines()) {
    const { tenant } = edenai.labels;
    const of = jobs.find(({ data }) => data.tenant === tenant);
    expect([edenai.labels.job, edenai.costNanos]).toEqual(['index', (of?.data.costUsd ?? 0) * 2e9]);
  }
});

test('a job whose tenant has no budget left fails with the typed error, and those of others do not', async () => {
  const documents = await start({ budgets: [{ name: 'tenant', limitUsd: 1, window: 'day', by: 'tenant' }] });
  await documents.worker.add([job('acme', 0.5)]);
  const [denied, served] = await documents.worker.add([job('acme', 0.5), job('globex', 0.25)]);
  expect(served?.status).toBe('fulfilled');
  expect(denied?.status === 'rejected' && isBudgetExceeded(denied.reason)).toBe(true);
});

test('CostService.run gives a scope of its own inside of another', async () => {
  const documents = await start();
  expect(await documents.nested({ tenant: 'acme', costUsd: 0.5 })).toEqual([{ tenant: 'acme' }, 0.5]);
  expect(kit.costLines()).toMatchObject([{ edenai: { costNanos: 500_000_000, labels: { tenant: 'acme' } } }]);
});
