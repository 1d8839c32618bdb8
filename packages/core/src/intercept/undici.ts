import type { Admission, CallGate } from '../exchange.js';
import { isPromise, type MaybePromise } from '../maybe.js';
import { handOver } from './call-depth.js';
import { DispatchedCall } from './dispatched-call.js';
import { kMetered } from './metered-mark.js';
import { placeOf } from './named-place.js';
import { replace, type Undo } from './patch.js';
import { type ReadBody, readBody } from './undici-body.js';
import { dispatcherBase, originOf } from './undici-dispatchers.js';
import { withoutEstimate } from './undici-estimate.js';
import { requestHeader } from './undici-headers.js';
import { HeldCalls } from './undici-held-calls.js';
import type { Dispatch, Dispatcher, DispatchOptions, Handler } from './undici-types.js';

/** Meters what goes through dispatchers of undici. One instance for each meter. */
export class UndiciLayer {
  readonly #held = new HeldCalls();
  readonly #undo = new Map<Dispatcher, Undo[]>();
  readonly #seen = new WeakSet<object>();
  #restored = false;
  /** How many calls to Eden AI were dispatched so far. */
  matched = 0;

  constructor(private readonly gate: CallGate) {}

  /** Patches the copy of undici that this dispatcher belongs to; does nothing when that is done already. */
  patch(dispatcher: object): void {
    if (this.#seen.has(dispatcher)) return;
    this.#seen.add(dispatcher);
    const base = dispatcherBase(dispatcher);
    if (base === undefined || this.#restored || this.#undo.has(base)) return;
    const layer = this;
    const undo = [
      replace(
        base,
        'dispatch',
        (original) =>
          function dispatch(this: Dispatcher, options: DispatchOptions, handler: Handler): boolean {
            return layer.dispatch(this, original, options, handler);
          },
      ),
    ];
    for (const end of ['close', 'destroy'] as const) {
      if (!Object.hasOwn(base, end)) continue;
      undo.push(
        replace(base, end, (original) => {
          const method = original as (...args: unknown[]) => unknown;
          return function (this: Dispatcher, ...args: unknown[]): unknown {
            return layer.#held[end](this, method, args);
          };
        }),
      );
    }
    this.#undo.set(base, undo);
  }

  /** Takes all patches back. False when one of them had to stay, inert. */
  restore(): boolean {
    const undone = [...this.#undo.values()].flat().map((undo) => undo());
    this.#undo.clear();
    this.#restored = true;
    return undone.every(Boolean);
  }

  dispatch(dispatcher: Dispatcher, original: Dispatch, given: DispatchOptions, handler: Handler): boolean {
    // queued in a pool, a metered call is handed on later, with its mark
    if (given?.[kMetered]) return handOver(() => original.call(dispatcher, given, handler));
    const options = readableAgain(given);
    if (typeof options?.path !== 'string' || options.upgrade) return original.call(dispatcher, options, handler);
    const said = originOf(dispatcher, options);
    const hostHeader = () => requestHeader(options.headers)('host');
    const place = said === undefined ? undefined : placeOf(this.gate, said, options.path, hostHeader);
    const method = options.method ?? 'GET';
    if (place === undefined || method === 'CONNECT') return original.call(dispatcher, options, handler);
    const { origin, path } = place;
    const kind = this.gate.kindOf(method, path);
    if (kind.free) return original.call(dispatcher, withoutEstimate(options), handler);

    this.matched += 1;
    const header = requestHeader(options.headers);
    const context = this.gate.context();
    const call = new DispatchedCall(dispatcher, original, options, handler, header, this.gate, context);
    const admit = (body: Buffer | undefined) =>
      this.gate.admit(
        { method, origin, target: options.path as string, path, kind, header, body, held: call },
        context,
      );

    const body = readBody(options.body, header);
    if (isPromise(body)) return this.#hold(call, body, admit);
    const admission = admit(body.bytes);
    return isPromise(admission) ? this.#hold(call, body, () => admission) : call.proceed(body, admission);
  }

  /** Keeps a call back until its body is read and it is admitted; meanwhile an abort ends it at once. */
  #hold(
    call: DispatchedCall,
    body: MaybePromise<ReadBody>,
    admit: (body: Buffer | undefined) => MaybePromise<Admission | undefined>,
  ): boolean {
    this.#held.add(call, call.hold(body, admit));
    return true;
  }
}

/** Headers that an iterator yields can be read once only, and undici is to have them. */
function readableAgain(options: DispatchOptions): DispatchOptions {
  const { headers } = options ?? {};
  const isIterator = typeof (headers as Iterator<unknown> | undefined | null)?.next === 'function';
  return isIterator ? { ...options, headers: [...(headers as Iterable<readonly [unknown, unknown]>)].flat() } : options;
}
