import { CostModule, type CostModuleOptions } from '@eden-cost/nestjs';
import { type DynamicModule, Module } from '@nestjs/common';
import OpenAI from 'openai';
import type { UserRequest } from './auth.guard.js';
import { DigestService } from './digest.service.js';
import { PlansModule } from './plans.module.js';
import { PlansService } from './plans.service.js';
import type { Settings } from './settings.js';
import { TenantsController } from './tenants.controller.js';

/** An app whose tenants pay for plans: what each may spend in a month comes from a service. */
@Module({ imports: [PlansModule], controllers: [TenantsController], providers: [DigestService] })
// biome-ignore lint/complexity/noStaticOnlyClass: this is how Nest makes dynamic modules
export class AppModule {
  static forRoot({ baseUrl, apiKey, cost }: Settings): DynamicModule {
    return {
      module: AppModule,
      imports: [
        CostModule.forRootAsync({
          imports: [PlansModule],
          inject: [PlansService],
          useFactory: (plans: PlansService): CostModuleOptions => ({
            baseUrls: [baseUrl],
            problemJson: true,
            status: { credits: 503 }, // visitors cannot pay the operator's bill
            labels: (_context, request?: UserRequest) => ({ tenant: request?.user?.tenantId }),
            budgets: [
              {
                name: 'plan',
                limitUsd: ({ labels }) => plans.limitOf(labels.tenant),
                fallbackUsd: 1, // while the service does not answer
                window: 'month',
                by: 'tenant',
              },
              { name: 'everyone', limitUsd: 500, window: 'month', mandatory: true },
            ],
            ...cost,
          }),
        }),
      ],
      providers: [{ provide: OpenAI, useValue: new OpenAI({ baseURL: baseUrl, apiKey }) }],
    };
  }
}
