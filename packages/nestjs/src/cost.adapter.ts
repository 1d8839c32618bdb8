import type { ServerResponse } from 'node:http';
import { type DenialError, type LabelValue, onAnswered } from '@eden-cost/core';
import { type ArgumentsHost, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CostAnswer } from './cost.answer.js';
import { COST_CONFIG } from './cost.constants.js';
import { denialBehind } from './cost.denied.js';
import { applyMarks, marksOf, namesBudget } from './cost.marks.js';
import type { CostConfig } from './cost.options.js';
import { type CostRequest, costRequestOf, openRequest, type RawRequest, rawOf, routeOf } from './cost.request.js';
import { routeNameOf } from './cost.route.js';
import { PaymentRequiredException } from './payment-required.exception.js';

/**
 * What middleware, guard, interceptor and filter have in common. Extend it, and give the class as `adapter` to
 * `CostModule.forRoot()`, to change what the protected methods do.
 */
@Injectable()
export class CostAdapter {
  readonly #answer: CostAnswer;
  /** The handlers that a request has come to: GraphQL comes to several, and to one of them often. */
  readonly #admitted = new WeakMap<CostRequest, Set<object>>();
  /** All interceptors of a handler get the same context. */
  readonly #entered = new WeakMap<ArgumentsHost, CostRequest>();

  constructor(
    @Inject(COST_CONFIG) protected readonly config: CostConfig,
    @Inject(HttpAdapterHost) host: HttpAdapterHost,
  ) {
    this.#answer = new CostAnswer(host, config.problemJson);
  }

  /** Opens the scope of a request, unless another middleware has; runs what follows inside it. */
  enter(request: object, response: ServerResponse, next: () => void): void {
    const { status, budgets } = this.config;
    const known = costRequestOf(request);
    if (known !== undefined) {
      known.open.add({ status, budgets });
      known.open.scope.run(next);
      return;
    }
    const raw = rawOf(request);
    const { open } = this.#open(raw, response);
    onAnswered(raw, response, (end) => open.finish(end));
    open.scope.run(next);
  }

  /** Opens the scope of a message, or of a request that no middleware has seen. */
  enterHandler(context: ExecutionContext): CostRequest {
    const request = this.requestOf(context);
    const isHttp = context.getType<string>() === 'http';
    const response = isHttp ? context.switchToHttp().getResponse<ServerResponse>() : undefined;
    const entered = this.#open(request && rawOf(request), response);
    this.#entered.set(context, entered);
    return entered;
  }

  #open(raw?: RawRequest, response?: ServerResponse): CostRequest {
    const opened: CostRequest = openRequest(this.config, (context) => this.admit(context, opened), raw, response);
    return opened;
  }

  find(context: ArgumentsHost): CostRequest | undefined {
    const request = costRequestOf(this.requestOf(context));
    if (request === undefined) return this.#entered.get(context);
    return context.getType<string>() === 'http' ? request : this.#partOf(request, context);
  }

  /** What one resolver's decorators say is not for the other resolvers of its request. */
  #partOf(request: CostRequest, context: ArgumentsHost & Partial<ExecutionContext>): CostRequest {
    const handler = context.getHandler?.();
    if (!handler) return request;
    const known = request.parts.get(handler);
    if (known !== undefined) return known;
    const part: CostRequest = { ...request, open: request.open.part(), admit: (of) => this.admit(of, part) };
    request.parts.set(handler, part);
    return part;
  }

  /**
   * Tells the scope what is known once all guards have passed: labels, and what the decorators say. The promise rejects
   * when a budget that is named here has no room.
   */
  admit(context: ExecutionContext, request: CostRequest): Promise<void> | undefined {
    if (!this.#isFirst(request, context.getHandler())) return undefined;
    const { open } = request;
    const source = this.requestOf(context);
    const whole = costRequestOf(source) ?? request;
    whole.route ??= source && routeOf(source);
    open.add({ labels: () => this.labelsOf(context) });
    if (open.meter.mode === 'off') return undefined;
    const marks = marksOf(context.getClass(), context.getHandler());
    applyMarks(marks, open, () => routeNameOf(context.getClass(), context.getHandler()));
    if (!namesBudget(marks)) return undefined;
    return open.scope.check().catch((error: unknown) => {
      throw this.translate(error, context, open);
    });
  }

  /** What is thrown in place of an error that a denial is behind; any other error stays what it is. */
  translate(error: unknown, host: ArgumentsHost, open = this.find(host)?.open): unknown {
    if (error instanceof PaymentRequiredException) return error;
    const denial = denialBehind(error, open?.status ?? this.config.status);
    if (denial === undefined) return error;
    const type = host.getType<string>();
    // their exceptions come from packages that may not be there; a CostError has the code, and its message is safe
    return type === 'rpc' || type === 'ws' ? denial : this.toException(denial);
  }

  /** Runs something in the scope of its request, if there is one: a middleware may have gone on in another async context. */
  within<T>(host: ArgumentsHost, fn: () => T): T {
    const request = this.find(host);
    return request === undefined ? fn() : request.open.scope.run(fn);
  }

  /** Sets the headers of an exception that somebody else answers. */
  prepare(exception: PaymentRequiredException, response: object): void {
    this.#answer.prepare(exception, response);
  }

  /** Sends what {@link translate} made, with its headers. */
  answer(exception: PaymentRequiredException, response: object): void {
    this.#answer.send(exception, response);
  }

  /** @returns what holds the scope: Express's or Fastify's request, in GraphQL that of its context */
  protected requestOf(context: ArgumentsHost): object | undefined {
    const type = context.getType<string>();
    if (type === 'http') return context.switchToHttp().getRequest<object>();
    return type === 'graphql' ? context.getArgByIndex<{ req?: object } | undefined>(2)?.req : undefined;
  }

  protected labelsOf(context: ExecutionContext): Record<string, LabelValue> {
    return this.config.labels?.(context, this.requestOf(context)) ?? {};
  }

  protected toException(denial: DenialError): PaymentRequiredException {
    return new PaymentRequiredException(denial);
  }

  #isFirst(request: CostRequest, handler: object): boolean {
    const admitted = this.#admitted.get(request) ?? new Set();
    this.#admitted.set(request, admitted);
    return admitted.size < admitted.add(handler).size;
  }
}
