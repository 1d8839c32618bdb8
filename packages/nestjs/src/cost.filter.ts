import 'reflect-metadata';
import type { DenialError } from '@eden-cost/core';
import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { throwError } from 'rxjs';
import { CostAdapter } from './cost.adapter.js';
import { Denied } from './cost.denied.js';
import type { PaymentRequiredException } from './payment-required.exception.js';

/** Nest's own metadata: what `@Catch()` names. */
const CATCHES = '__filterCatchExceptions__';

type ErrorClass = abstract new (...args: never[]) => unknown;

/**
 * Translates what guards and middleware raise, where the interceptor does not come; then hands it to the global filter of
 * the app that is for it, or answers. Nest chooses a filter by the error as it was raised: the module makes this one the
 * first that is asked.
 */
@Catch(Denied)
export class CostFilter implements ExceptionFilter {
  constructor(
    @Inject(CostAdapter) private readonly adapter: CostAdapter,
    @Inject(ApplicationConfig) private readonly app: ApplicationConfig,
  ) {}

  catch(error: unknown, host: ArgumentsHost): unknown {
    return this.adapter.within(host, () => this.#catch(this.adapter.translate(error, host), host));
  }

  #catch(translated: unknown, host: ArgumentsHost): unknown {
    const own = this.#filterFor(translated);
    switch (host.getType<string>()) {
      case 'http': {
        const response = host.switchToHttp().getResponse<object>();
        const exception = translated as PaymentRequiredException;
        if (own === undefined) return this.adapter.answer(exception, response);
        this.adapter.prepare(exception, response); // Nest's own filter ignores those of an exception
        return own.catch(exception, host);
      }
      case 'rpc': {
        if (own !== undefined) return own.catch(translated, host);
        const { message, code } = translated as DenialError; // the whole would be serialised, with what is private
        return throwError(() => ({ status: 'error', message, code }));
      }
      case 'ws':
        return own === undefined ? translated : own.catch(translated, host);
      default: // what a filter returns there (GraphQL, RabbitMQ) would be the handler's answer
        if (own === undefined) throw translated;
        return own.catch(translated, host);
    }
  }

  /** As Nest chooses: the one that was added last comes first. */
  #filterFor(error: unknown): ExceptionFilter | undefined {
    const others = this.app.getGlobalFilters().filter((filter) => !(filter instanceof CostFilter));
    return others.reverse().find((filter) => {
      const prototype = Object.getPrototypeOf(filter);
      const types: ErrorClass[] =
        Reflect.getMetadata(CATCHES, prototype) ?? Reflect.getMetadata(CATCHES, prototype.constructor) ?? [];
      return types.length === 0 || types.some((type) => error instanceof type);
    });
  }
}
