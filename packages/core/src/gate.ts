import type { Parts } from './call.js';
import { DENIAL_HEADER, denialError, denialNamed } from './denial.js';
import { createBaseUrlMatcher } from './edenai/base-url.js';
import { type CallKind, classify } from './edenai/classify.js';
import type { Admission, CallContext, CallGate, HeaderLookup, OutgoingRequest } from './exchange.js';
import type { FetchGate } from './intercept/fetch.js';
import { UndiciLayer } from './intercept/undici.js';
import { isPromise, type MaybePromise } from './maybe.js';
import { meterCall } from './pipeline.js';
import { processState } from './process-state.js';
import type { Scope } from './scope/scope.js';

/**
 * Between the transports and the pipeline: which calls are Eden AI's, and whose they are. Metering that fails lets the
 * call go on as if it were not there.
 */
export class Gate implements CallGate, FetchGate {
  readonly calls = this;
  readonly undici = new UndiciLayer(this);
  readonly paymentRequired: FetchGate['paymentRequired'];
  readonly #match: (origin: string, target: string) => string | undefined;
  /** False once the meter is closed: what could not be unhooked passes everything through. */
  #open = true;
  #ended = false;

  constructor(private readonly parts: Parts) {
    this.paymentRequired = parts.settings.paymentRequired;
    this.#match = createBaseUrlMatcher(parts.settings.baseUrls);
  }

  close(): void {
    this.#open = false;
  }

  /** The ledger is about to close: a call that was begun before, and asks only now, goes out as it is. */
  end(): void {
    this.#ended = true;
  }

  match(origin: string, target: string): string | undefined {
    return this.#open ? this.#match(origin, target) : undefined;
  }

  kindOf(method: string, path: string): CallKind {
    return classify(method, path);
  }

  context(): CallContext {
    return processState.storage.getStore();
  }

  inContext<T>(context: CallContext, work: () => T): T {
    const { storage } = processState;
    return storage.getStore() === context ? work() : storage.run(context as Scope, work);
  }

  admit(request: OutgoingRequest, context: CallContext): MaybePromise<Admission | undefined> {
    if (this.#ended) return undefined;
    try {
      const admission = meterCall(this.parts, request, context as Scope | undefined);
      return isPromise(admission)
        ? this.parts.openCalls.enter(admission).catch((cause) => this.#failed(cause))
        : admission;
    } catch (cause) {
      return this.#failed(cause);
    }
  }

  #failed(cause: unknown): undefined {
    const message = 'A call could not be metered, and was sent as it is';
    this.parts.events.emit('error', { problem: 'metering', message, cause });
    return undefined;
  }

  errorOf(header: HeaderLookup): Error | undefined {
    const denial = denialNamed(header(DENIAL_HEADER));
    const scope = processState.storage.getStore();
    return denial && denialError(denial, scope?.status);
  }
}
