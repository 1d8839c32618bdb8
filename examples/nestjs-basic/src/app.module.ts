import { CostModule } from '@eden-cost/nestjs';
import { type DynamicModule, Module } from '@nestjs/common';
import OpenAI from 'openai';
import { AskController } from './ask.controller.js';
import { AskService } from './ask.service.js';
import type { UserRequest } from './auth.guard.js';
import type { Settings } from './settings.js';

/** An app for two tenants, each with a budget of its own for a day. */
@Module({ controllers: [AskController], providers: [AskService] })
// biome-ignore lint/complexity/noStaticOnlyClass: this is how Nest makes dynamic modules
export class AppModule {
  static forRoot({ baseUrl, apiKey, cost }: Settings): DynamicModule {
    return {
      module: AppModule,
      imports: [
        CostModule.forRoot({
          baseUrls: [baseUrl],
          // read after all guards
          labels: (_context, request?: UserRequest) => ({ tenant: request?.user?.tenantId }),
          budgets: [
            { name: 'tenant-daily', limitUsd: 5, window: 'day', by: 'tenant' },
            { name: 'one-request', limitUsd: 0.25, window: 'request' },
            { name: 'summaries', limitUsd: 1, window: 'day', by: 'tenant', routes: 'named' },
          ],
          ...cost,
        }),
      ],
      providers: [{ provide: OpenAI, useValue: new OpenAI({ baseURL: baseUrl, apiKey }) }],
    };
  }
}
