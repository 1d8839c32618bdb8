import { type DenialError, surfaceError } from '@eden-cost/core';
import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import { throwError } from 'rxjs';
import { CostAdapter } from './cost.adapter.js';
import { problems } from './cost.answer.js';
import type { PaymentRequiredException } from './payment-required.exception.js';

/**
 * What the filter is for: an error that a denial is behind, of any client. Nest asks by `instanceof`, so that other
 * filters, and Nest's own, never see this one in their way.
 */
abstract class Denied extends Error {
  static override [Symbol.hasInstance](error: unknown): boolean {
    return problems.has(error as object) || surfaceError(error) !== undefined;
  }
}

/**
 * Translates what guards, pipes, middleware and bodies raise: the interceptor sees only what handlers do.
 * Answers problems.
 */
@Catch(Denied)
export class CostFilter implements ExceptionFilter {
  constructor(@Inject(CostAdapter) private readonly adapter: CostAdapter) {}

  catch(error: unknown, host: ArgumentsHost): unknown {
    const translated = this.adapter.translate(error, host);
    switch (host.getType<string>()) {
      case 'http':
        return this.adapter.answer(translated as PaymentRequiredException, host.switchToHttp().getResponse());
      case 'rpc': {
        const { message, code } = translated as DenialError; // the whole would be serialised, with what is private
        return throwError(() => ({ status: 'error', message, code }));
      }
      default:
        return translated;
    }
  }
}
