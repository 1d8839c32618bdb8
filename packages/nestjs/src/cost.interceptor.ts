import type { OpenScope } from '@eden-cost/core';
import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor } from '@nestjs/common';
import { catchError, defer, map, mergeMap, type Observable, of, tap, throwError } from 'rxjs';
import { CostAdapter } from './cost.adapter.js';
import { guardBody } from './cost.body.js';
import { observeIn } from './cost.lazy.js';

/**
 * Reads labels and decorators after all guards, and translates what the handler raises. It is global, and on each handler
 * of messages.
 */
@Injectable()
export class CostInterceptor implements NestInterceptor {
  constructor(@Inject(CostAdapter) private readonly adapter: CostAdapter) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> | Promise<Observable<unknown>> {
    const request = this.adapter.find(context);
    if (request === undefined) return this.#inScopeOfItsOwn(context, next);
    const { scope } = request.open;
    const admitted = scope.run(() => this.adapter.admit(context, request));
    // a middleware may have called next() from elsewhere: a stream's event, a queue
    const handle = () => observeIn(scope, () => this.#handle(context, next, request.open));
    return admitted === undefined ? handle() : admitted.then(handle);
  }

  /** Where it may have come to the handler before, as a global one. */
  interceptOnce(context: ExecutionContext, next: CallHandler): ReturnType<CostInterceptor['intercept']> {
    return this.adapter.find(context) === undefined ? this.intercept(context, next) : next.handle();
  }

  #handle(context: ExecutionContext, next: CallHandler, open: OpenScope): Observable<unknown> {
    const translate = (error: unknown) => this.adapter.translate(error, context, open);
    return next.handle().pipe(
      map((value) => guardBody(value, open.scope, translate, this.adapter)),
      catchError((error) => throwError(() => translate(error))),
    );
  }

  /** For a message, or a request that no middleware has seen. */
  #inScopeOfItsOwn(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = this.adapter.enterHandler(context);
    const { open } = request;
    return defer(() => {
      let aborted = true;
      const over = () => {
        aborted = false;
      };
      const handled = defer(() => this.adapter.admit(context, request) ?? of(undefined)).pipe(
        mergeMap(() => this.#handle(context, next, open)),
        tap({ error: over, complete: over }),
      );
      return observeIn(
        open.scope,
        () => handled,
        () => open.finish({ aborted }),
      );
    });
  }
}
