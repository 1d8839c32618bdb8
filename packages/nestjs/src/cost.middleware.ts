import type { ServerResponse } from 'node:http';
import { Inject, Injectable, type NestMiddleware } from '@nestjs/common';
import { CostAdapter } from './cost.adapter.js';

/** Opens each request's scope: only a middleware can run guards, interceptors, handlers and filters inside it. */
@Injectable()
export class CostMiddleware implements NestMiddleware {
  constructor(@Inject(CostAdapter) private readonly adapter: CostAdapter) {}

  use(request: object, response: ServerResponse, next: () => void): void {
    this.adapter.enter(request, response, next);
  }
}
