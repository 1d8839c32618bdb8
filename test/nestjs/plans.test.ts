import {
  Budget,
  CostModule,
  type CostModuleOptions,
  type CostScope,
  CostService,
  Costs,
  SkipBudgets,
} from '@eden-cost/nestjs';
import { Controller, Get, Inject, Injectable, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { useNest } from './kit.js';

const kit = useNest();
const chat = async (costUsd = 0.5) =>
  readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, postInit(CHAT, { reply: { costUsd } })));

@Injectable()
class PlansRepository {
  readonly asked: string[] = [];
  readonly limits = new Map<string, number>([
    ['acme', 0.5],
    ['globex', Number.POSITIVE_INFINITY],
    ['initech', 0],
  ]);
  async limitOf(tenant = 'nobody') {
    this.asked.push(tenant);
    await new Promise((resolve) => setImmediate(resolve));
    const limit = this.limits.get(tenant);
    if (limit === undefined) throw new Error(`no plan for ${tenant}`);
    return limit;
  }
}

@Module({ providers: [PlansRepository], exports: [PlansRepository] })
class PlansModule {}

@Controller()
class Asks {
  constructor(
    @Inject(CostService) private readonly costs: CostService,
    @Inject(PlansRepository) private readonly plans: PlansRepository,
  ) {}

  @Get('ask')
  async ask() {
    await chat();
    return this.costs.remaining();
  }

  @Get('checked')
  @Budget('images')
  async checked(@Costs() costs: CostScope) {
    await chat();
    return (await costs.remaining()).map(({ budget, remainingUsd }) => [budget, remainingUsd]);
  }

  @Get('free')
  @SkipBudgets()
  async free(@Costs() costs: CostScope) {
    await chat();
    return (await costs.remaining()).map(({ budget, remainingUsd }) => [budget, remainingUsd]);
  }

  @Post('upgrade')
  @SkipBudgets('plan')
  async upgrade(@Costs() costs: CostScope) {
    this.plans.limits.set('acme', 1);
    await costs.refresh();
    return costs.remaining('plan');
  }
}

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of closing.splice(0)) await one.close();
});

async function start(more: CostModuleOptions['budgets'] = []) {
  @Module({
    controllers: [Asks],
    imports: [
      PlansModule,
      CostModule.forRootAsync({
        imports: [PlansModule],
        inject: [PlansRepository],
        useFactory: (plans: PlansRepository) =>
          kit.options({
            labels: (context) => ({ tenant: context.switchToHttp().getRequest().headers['x-tenant'] }),
            budgets: [
              { name: 'plan', limitUsd: ({ labels }) => plans.limitOf(labels.tenant), window: 'month', by: 'tenant' },
              { name: 'images', limitUsd: 0.75, window: 'day', routes: 'named' },
              ...more,
            ],
          }),
      }),
    ],
  })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: false, forceCloseConnections: true });
  closing.push(app);
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return {
    plans: app.get(PlansRepository),
    as:
      (tenant: string) =>
      async (path: string, method = 'GET') => {
        const response = await fetch(`${url}/${path}`, { method, headers: { 'x-tenant': tenant } });
        return response.ok ? response.json() : response.status;
      },
  };
}

test("a plan's limit comes from an injected service, once for each tenant", async () => {
  const { plans, as } = await start();
  const left = { budget: 'plan', remainingUsd: 0, heldUsd: 0, resetsAt: expect.any(String) };
  expect([await as('acme')('ask'), await as('acme')('ask')]).toEqual([[left], 402]);
  expect([await as('globex')('ask'), await as('initech')('ask')]).toEqual([[{ ...left, remainingUsd: null }], 402]);
  expect(plans.asked.sort()).toEqual(['acme', 'globex', 'initech']);
});

test('a plan that cannot be read is a 503, and those of others hold', async () => {
  const { as } = await start();
  expect([await as('hooli')('ask'), await as('initech')('ask')]).toEqual([503, 402]);
});

test('costs.refresh() reads it again after an upgrade', async () => {
  const { plans, as } = await start();
  const acme = as('acme');
  expect([await acme('ask'), await acme('ask')]).toMatchObject([[{ remainingUsd: 0 }], 402]);
  expect(await acme('upgrade', 'POST')).toMatchObject([{ budget: 'plan', remainingUsd: 0.5 }]);
  expect([await acme('ask'), await acme('ask')]).toMatchObject([[{ remainingUsd: 0 }], 402]);
  expect(plans.asked).toEqual(['acme', 'acme']);
});

test('what @SkipBudgets() lets go is booked, on the named budgets of others too, and the mandatory hold', async () => {
  const cap = { name: 'cap', limitUsd: 1.5, window: 'day', mandatory: true } as const;
  const { as } = await start([cap]);
  const acme = as('acme');
  expect(await acme('free')).toEqual([
    ['plan', 0],
    ['cap', 1],
  ]);
  expect([await acme('ask'), await acme('checked')]).toEqual([402, 402]);
  expect([await acme('free'), await acme('free'), await acme('free')]).toEqual([
    [
      ['plan', 0],
      ['cap', 0.5],
    ],
    [
      ['plan', 0],
      ['cap', 0],
    ],
    402,
  ]);
});

test('a named budget holds beside the plan where a route names it', async () => {
  const { as } = await start();
  const globex = as('globex');
  expect(await globex('checked')).toEqual([
    ['plan', null],
    ['images', 0.25],
  ]);
  expect(await globex('ask')).toMatchObject([{ budget: 'plan' }]);
  expect([await globex('checked'), await globex('checked')]).toMatchObject([
    [
      ['plan', null],
      ['images', 0],
    ],
    402,
  ]);
});
