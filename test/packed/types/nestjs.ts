import 'reflect-metadata';
import {
  Budget,
  CostLabels,
  CostModule,
  type CostScope,
  CostService,
  Costs,
  InjectMeter,
  type Meter,
  PaymentRequiredException,
  SkipBudgets,
  WithCosts,
} from '@eden-cost/nestjs';
import { Controller, Get, type HttpException, Injectable, Module, Post } from '@nestjs/common';

declare module '@eden-cost/nestjs' {
  interface Register {
    budgets: 'tenant-daily' | 'images';
  }
}

export const list: Budget[] = [{ name: 'tenant-daily', limitUsd: 5, window: 'day', by: 'tenant' }];

@Budget()
@CostLabels({ feature: 'ask', beta: true })
@Controller('ask')
export class AskController {
  constructor(@InjectMeter() readonly meter: Meter) {}

  @Post()
  @Budget('tenant-daily')
  async ask(@Costs() costs: CostScope): Promise<number> {
    await costs.check({ budget: 'images' });
    // @ts-expect-error a misspelt budget
    await costs.check({ budget: 'image' });
    // @ts-expect-error a misspelt budget
    await costs.remaining('image');
    return costs.totalNanos;
  }

  // @ts-expect-error a misspelt budget
  @Budget('tenant-dialy')
  @Get('typo')
  typo() {}

  @Budget({ limitUsd: 0.5, window: 'hour' })
  @SkipBudgets('tenant-daily', 'images')
  @Get('skip')
  skip() {}

  // @ts-expect-error a misspelt budget
  @SkipBudgets('tenant-daily', 'image')
  @Get('skip-typo')
  skipTypo() {}

  // @ts-expect-error a label is text, a number or a boolean
  @CostLabels({ feature: {} })
  @Get('labels')
  labels() {}

  // @ts-expect-error a decorator of parameters
  @Costs()
  @Get('costs')
  costs() {}
}

@Injectable()
export class Nightly {
  constructor(private readonly costs: CostService) {}

  @WithCosts((tenant: string) => ({ tenant, job: 'nightly' }))
  async summarise(_tenant: string): Promise<number> {
    return this.costs.current()?.totalUsd ?? 0;
  }

  @WithCosts((tenant: string) => ({ tenant }))
  async index(_tenant: string, _batch: number): Promise<void> {}

  @WithCosts({ job: 'sweep' })
  async sweep(_count: number): Promise<void> {}

  // @ts-expect-error the method's argument is a number
  @WithCosts((tenant: string) => ({ tenant }))
  async wrong(_count: number): Promise<void> {}
}

@SkipBudgets()
@Module({
  imports: [
    CostModule.forRoot({ labels: (context) => ({ type: context.getType() }), budgets: list, isGlobal: false }),
    CostModule.forRootAsync({ useFactory: async () => ({ budgets: list, problemJson: true }) }),
  ],
  controllers: [AskController],
  providers: [Nightly],
})
export class AppModule {}

// @ts-expect-error a misspelt option
CostModule.forRoot({ budget: [] });
// @ts-expect-error what the factory returns is checked as well
CostModule.forRootAsync({ useFactory: () => ({ budgets: [{ name: 'all' }] }) });

export const retryAfterMs = (error: HttpException): number | undefined =>
  error instanceof PaymentRequiredException ? error.retryAfterMs : undefined;
