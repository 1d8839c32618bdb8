import { type CostScope, CostService, Costs, WithCosts } from '@eden-cost/nestjs';
import { Controller, Get, Inject, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
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
  constructor(@Inject(CostService) private readonly costs: CostService) {}

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
