import { manualClock } from '@eden-cost/testing';
import { Controller, Get, Inject, type Type } from '@nestjs/common';
import { HealthCheck, HealthCheckService, type HealthIndicatorResult, TerminusModule } from '@nestjs/terminus';
import { brokenLedger } from '../support/broken-ledger.js';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { recipeModule } from '../support/recipe.js';
import { PLATFORMS, useNest } from './kit.js';

/** What the recipe of the docs makes of the meter's health. */
interface Indicator {
  check(): Promise<HealthIndicatorResult>;
}

let CostHealth: Type<Indicator>;
beforeAll(async () => {
  ({ CostHealth } = await recipeModule<{ CostHealth: Type<Indicator> }>('docs/nestjs.md', 'class CostHealth'));
});

@Controller('health')
class Health {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject('costs') private readonly costs: Indicator,
  ) {}

  @Get()
  @HealthCheck()
  check() {
    return this.health.check([() => this.costs.check()]);
  }
}

describe.each(PLATFORMS)('a health check of @nestjs/terminus, on %s', (platform) => {
  const kit = useNest(platform);
  const probe = async (cost: Parameters<typeof kit.serve>[0]['cost']) => {
    const imports = [TerminusModule.forRoot({ logger: false })];
    const providers = [CostHealth, { provide: 'costs', useExisting: CostHealth }];
    const { url } = await kit.serve({ imports, controllers: [Health], providers, cost });
    return async () => {
      const response = await fetch(`${url}/health`);
      return [response.status, ((await response.json()) as { details: object }).details];
    };
  };
  const budgets = [{ name: 'none', limitUsd: 0, window: 'day' } as const];

  test('is up, spends nothing and writes no cost line', async () => {
    const ask = await probe({ budgets });
    expect(await ask()).toEqual([200, { edenCost: { status: 'up', mode: 'enforce', ledger: true } }]);
    expect([kit.eden.requests(), kit.costLines()]).toEqual([[], []]);
  });

  test('stays up while the ledger does not answer, since calls go on, and says so', async () => {
    const ask = await probe({ budgets, ledger: brokenLedger() });
    expect(await ask()).toEqual([200, { edenCost: { status: 'up', mode: 'enforce', ledger: false } }]);
  });

  test('is down after a 402 of Eden AI, for as long as calls are denied for it', async () => {
    const clock = manualClock();
    const ask = await probe({ clock, credits: { apiKey: 'sk-eden-app', balanceUrl: 'http://127.0.0.1:9/' } });
    kit.eden.script({ status: 402 });
    await readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, postInit(CHAT)));
    expect(await ask()).toEqual([503, { edenCost: { status: 'down', credits: 'exhausted' } }]);
    clock.advance(5_000);
    expect(await ask()).toEqual([200, { edenCost: { status: 'up', mode: 'enforce', ledger: true } }]);
  });
});
