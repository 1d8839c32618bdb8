import { InjectMeter, type Meter } from '@eden-cost/nestjs';
import { Controller, Get, Inject, Injectable } from '@nestjs/common';
import { HealthCheck, HealthCheckService, HealthIndicatorService, TerminusModule } from '@nestjs/terminus';
import { brokenLedger } from '../support/broken-ledger.js';
import { PLATFORMS, useNest } from './kit.js';

/** The recipe of docs/nestjs.md. */
@Injectable()
class CostHealth {
  constructor(
    @InjectMeter() private readonly meter: Meter,
    @Inject(HealthIndicatorService) private readonly indicators: HealthIndicatorService,
  ) {}

  async check() {
    const { status, mode, ledger } = await this.meter.health();
    const indicator = this.indicators.check('edenCost');
    return status === 'degraded' ? indicator.down({ ledger: ledger.name }) : indicator.up({ mode });
  }
}

@Controller('health')
class Health {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(CostHealth) private readonly costs: CostHealth,
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
    const { url } = await kit.serve({ imports, controllers: [Health], providers: [CostHealth], cost });
    const response = await fetch(`${url}/health`);
    return [response.status, ((await response.json()) as { details: object }).details];
  };
  const budgets = [{ name: 'none', limitUsd: 0, window: 'day' } as const];

  test('is up, spends nothing and writes no cost line', async () => {
    expect(await probe({ budgets })).toEqual([200, { edenCost: { status: 'up', mode: 'enforce' } }]);
    expect([kit.eden.requests(), kit.costLines()]).toEqual([[], []]);
  });

  test('is down while the ledger does not answer', async () => {
    expect(await probe({ budgets, ledger: brokenLedger() })).toEqual([
      503,
      { edenCost: { status: 'down', ledger: 'broken' } },
    ]);
  });
});
