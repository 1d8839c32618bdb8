import type { OpenScope } from '@eden-cost/core';
import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  StreamableFile,
} from '@nestjs/common';
import { catchError, defer, map, mergeMap, Observable, of, tap, throwError } from 'rxjs';
import { CostAdapter } from './cost.adapter.js';
import { PaymentRequiredException } from './payment-required.exception.js';

/**
 * Reads labels and decorators after all guards, and translates what the handler raises. It is global; Nest 10 and 11 want
 * `@UseInterceptors(CostInterceptor)` on a gateway all the same.
 */
@Injectable()
export class CostInterceptor implements NestInterceptor {
  constructor(@Inject(CostAdapter) private readonly adapter: CostAdapter) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> | Promise<Observable<unknown>> {
    const request = this.adapter.find(context);
    if (request === undefined) return this.#inScopeOfItsOwn(context, next);
    const admitted = this.adapter.admit(context, request);
    const handle = () => this.#handle(context, next, request.open);
    return admitted === undefined ? handle() : admitted.then(handle);
  }

  #handle(context: ExecutionContext, next: CallHandler, open: OpenScope): Observable<unknown> {
    return next.handle().pipe(
      map((value) => (value instanceof StreamableFile ? this.#guarded(value, context) : value)),
      catchError((error) => throwError(() => this.adapter.translate(error, context, open))),
    );
  }

  /** For a message, or a request that no middleware has seen. */
  #inScopeOfItsOwn(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = this.adapter.enterHandler(context);
    const { open } = request;
    return new Observable((subscriber) => {
      let aborted = true;
      const over = () => {
        aborted = false;
      };
      const handled = defer(() => this.adapter.admit(context, request) ?? of(undefined)).pipe(
        mergeMap(() => this.#handle(context, next, open)),
        tap({ error: over, complete: over }),
      );
      const subscription = open.scope.run(() => handled.subscribe(subscriber));
      return () => {
        subscription.unsubscribe();
        open.finish({ aborted });
      };
    });
  }

  /** What a stream raises comes here, past interceptors and filters, and by default its message is the answer. */
  #guarded(file: StreamableFile, context: ExecutionContext): StreamableFile {
    const handle = file.errorHandler;
    return file.setErrorHandler((error, response) => {
      const translated = this.adapter.translate(error, context);
      const canAnswer = !response.destroyed && !response.headersSent;
      if (canAnswer && translated instanceof PaymentRequiredException) this.adapter.answer(translated, response);
      else handle(translated === error ? error : new Error((translated as Error).message), response); // it is logged
    });
  }
}
