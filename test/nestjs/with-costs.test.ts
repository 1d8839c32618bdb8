import { type CostScope, CostService, Costs, WithCosts } from '@eden-cost/nestjs';
import { Controller, Get, Inject, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { concatMap, defer, firstValueFrom, interval, lastValueFrom, type Observable, take } from 'rxjs';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { useNest } from './kit.js';

const kit = useNest();
const chat = async (costUsd = 0.5) => {
  await readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, postInit(CHAT, { reply: { costUsd } })));
  return 'ok';
};

@Injectable()
class Jobs {
  readonly greeting = 'hello';
  constructor(@Inject(CostService) readonly costs: CostService) {}

  @SetMetadata('cron', 'above')
  @WithCosts({ job: 'nightly' })
  @SetMetadata('cron-below', 'below')
  async nightly(name: string) {
    await chat();
    return [`${this.greeting} ${name}`, this.costs.current()?.labels];
  }

  @WithCosts((document: { id: number }) => ({ job: 'index', document: document.id }))
  async index(_document: { id: number }) {
    await chat();
    return this.costs.current()?.labels;
  }

  @WithCosts({ job: 'lazy' })
  observable(): Observable<string> {
    return interval(1).pipe(
      take(2),
      concatMap(() => defer(() => chat())),
    );
  }

  @WithCosts({ job: 'lazy' })
  async *generator(): AsyncGenerator<string> {
    yield await chat();
    await new Promise((resolve) => setImmediate(resolve));
    yield await chat();
  }

  @WithCosts()
  async fails() {
    await chat();
    throw new RangeError('no');
  }
}

@Controller()
class Asks {
  constructor(@Inject(Jobs) private readonly jobs: Jobs) {}
  @Get()
  async ask(@Costs() costs: CostScope) {
    const [, labels] = await this.jobs.nightly('request');
    return [labels, costs.totalUsd];
  }
}

const start = async () => (await kit.serve({ providers: [Jobs], controllers: [Asks] })).app.get(Jobs);

test('runs a method in a scope of its own, with one line', async () => {
  const jobs = await start();
  expect(await Promise.all([jobs.nightly('Ann'), jobs.nightly('Ben')])).toEqual([
    ['hello Ann', { job: 'nightly' }],
    ['hello Ben', { job: 'nightly' }],
  ]);
  expect(kit.costLines().map(({ edenai }) => [edenai.costNanos, edenai.labels])).toEqual(
    Array(2).fill([500_000_000, { job: 'nightly' }]),
  );
});

test("takes labels from the method's arguments", async () => {
  const jobs = await start();
  expect(await jobs.index({ id: 7 })).toEqual({ job: 'index', document: '7' });
});

test('runs the method although its labels fail, and says so', async () => {
  const { app } = await kit.serve({ providers: [Jobs] });
  expect(await app.get(Jobs).index(undefined as never)).toEqual({});
  expect(kit.costLines()).toMatchObject([{ edenai: { calls: 1, labels: {} } }]);
  expect(kit.lines.map(({ msg }) => msg)).toContain(
    'edenai cost meter: The labels function failed: its labels are missing',
  );
});

test('has its line although the method fails, and hands the error on', async () => {
  const jobs = await start();
  await expect(jobs.fails()).rejects.toThrow(RangeError);
  expect(kit.costLines()).toMatchObject([{ edenai: { costNanos: 500_000_000 } }]);
});

test('leaves a method that a request calls to that request', async () => {
  const { url } = await kit.serve({
    providers: [Jobs],
    controllers: [Asks],
    cost: { labels: () => ({ tenant: 'acme' }) },
  });
  expect(await (await fetch(url)).json()).toEqual([{ tenant: 'acme' }, 0.5]);
  expect(kit.costLines()).toHaveLength(1);
});

describe('a method that does its work later', () => {
  const WAYS: [string, (jobs: Jobs) => Promise<unknown>, Record<string, number>][] = [
    ['an Observable', (jobs) => lastValueFrom(jobs.observable()), { costNanos: 1_000_000_000 }],
    ['an Observable that is given up', (jobs) => firstValueFrom(jobs.observable()), { costNanos: 500_000_000 }],
    [
      'an async generator',
      async (jobs) => {
        for await (const _part of jobs.generator());
      },
      { costNanos: 1_000_000_000 },
    ],
    [
      'an async generator that is given up',
      async (jobs) => {
        for await (const _part of jobs.generator()) break;
      },
      { costNanos: 500_000_000 },
    ],
    [
      'an Observable of CostService.run()',
      (jobs) => lastValueFrom(jobs.costs.run({ labels: { job: 'lazy' } }, () => defer(() => chat()))),
      { costNanos: 500_000_000 },
    ],
  ];

  test.each(WAYS)('does it in its scope, and has one line: %s', async (_what, run, edenai) => {
    await run(await start());
    await new Promise((resolve) => setImmediate(resolve));
    expect(kit.costLines()).toMatchObject([{ edenai: { ...edenai, labels: { job: 'lazy' }, late: false } }]);
  });

  test('is held to the budgets of its labels', async () => {
    const { app } = await kit.serve({
      providers: [Jobs],
      cost: { budgets: [{ name: 'job', limitUsd: 0.5, window: 'day', by: 'job' }] },
    });
    await expect(lastValueFrom(app.get(Jobs).observable())).rejects.toThrow('used up');
  });
});

test('keeps what other decorators say, above and below it, and the name', () => {
  const reflector = new Reflector();
  const method = Jobs.prototype.nightly;
  expect([reflector.get('cron', method), reflector.get('cron-below', method)]).toEqual(['above', 'below']);
  expect(method.name).toBe('nightly');
});

test('runs the method plainly where there is no CostModule', async () => {
  const jobs = new Jobs({ current: () => undefined } as CostService);
  expect(await jobs.nightly('test')).toEqual(['hello test', undefined]);
});
