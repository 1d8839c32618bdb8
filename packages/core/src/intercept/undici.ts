import {
  type Admission,
  type CallGate,
  ESTIMATE_HEADER,
  type Exchange,
  type HeaderLookup,
  type Held,
} from '../exchange.js';
import { isPromise, type MaybePromise } from '../maybe.js';
import { realGlobal } from '../process-state.js';
import { handOver } from './call-depth.js';
import { kMetered } from './metered-mark.js';
import { replace, type Undo } from './patch.js';
import { readBody } from './undici-body.js';
import { type Handler, type InContext, meteredHandler } from './undici-handler.js';
import { changeHeaders, type RequestHeaders, requestHeader } from './undici-headers.js';
import { Stage } from './undici-stage.js';

export interface DispatchOptions {
  readonly origin?: string | URL;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: RequestHeaders;
  readonly body?: unknown;
  readonly upgrade?: unknown;
  readonly [kMetered]?: true;
}

export interface Dispatcher {
  dispatch(options: DispatchOptions, handler: Handler): boolean;
  close?(...args: unknown[]): unknown;
}

type Dispatch = Dispatcher['dispatch'];

/** Where undici keeps the dispatcher of `fetch` and `request`: `.2` since undici 8, which mirrors it at `.1`. */
const GLOBAL_DISPATCHERS = [Symbol.for('undici.globalDispatcher.2'), Symbol.for('undici.globalDispatcher.1')];

export function globalDispatchers(): Dispatcher[] {
  void realGlobal.Response; // undici is loaded, and its dispatcher made, when one of its classes is first touched
  const slots = realGlobal as unknown as Record<symbol, Dispatcher | undefined>;
  const found: Dispatcher[] = [];
  for (const slot of GLOBAL_DISPATCHERS) if (slots[slot] !== undefined) found.push(slots[slot]);
  return found;
}

/** The prototype that all dispatchers of one copy of undici inherit `dispatch` from. */
function dispatcherBase(dispatcher: object): Dispatcher | undefined {
  let base: object | null = Object.getPrototypeOf(dispatcher);
  let found: object | undefined;
  for (; base !== null && base !== Object.prototype; base = Object.getPrototypeOf(base)) {
    // the abstract Dispatcher at the root has a `dispatch` that only throws; DispatcherBase, just below, also has `close`
    if (Object.hasOwn(base, 'dispatch') && (found === undefined || Object.hasOwn(base, 'destroyed'))) found = base;
  }
  return found as Dispatcher | undefined;
}

/** Meters what goes through dispatchers of undici. One instance for each meter. */
export class UndiciLayer {
  /** Calls that wait for admission, by dispatcher. */
  readonly #held = new WeakMap<Dispatcher, Set<Promise<unknown>>>();
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
    if (Object.hasOwn(base, 'close')) {
      undo.push(
        replace(
          base,
          'close',
          (original) =>
            function close(this: Dispatcher, ...args: unknown[]): unknown {
              return layer.#close(this, original as (...args: unknown[]) => unknown, args);
            },
        ),
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

  dispatch(dispatcher: Dispatcher, original: Dispatch, options: DispatchOptions, handler: Handler): boolean {
    const pass = () => original.call(dispatcher, options, handler);
    // queued in a pool, a metered call is handed on later, with its mark
    if (options?.[kMetered]) return handOver(pass);
    if (typeof options?.path !== 'string' || options.upgrade) return pass();
    const origin = originOf(dispatcher, options);
    const path = origin === undefined ? undefined : this.gate.match(origin, options.path);
    const method = options.method ?? 'GET';
    if (origin === undefined || path === undefined || method === 'CONNECT') return pass();
    const kind = this.gate.kindOf(method, path);
    if (kind.free) return pass();

    this.matched += 1;
    const header = requestHeader(options.headers);
    const context = this.gate.context();
    const inContext: InContext = (work) => this.gate.inContext(context, work);
    const call = new DispatchedCall(dispatcher, original, options, handler, header, inContext);
    const admit = (body: Buffer | undefined) =>
      this.gate.admit(
        { method, origin, target: options.path as string, path, kind, header, body, held: call },
        context,
      );

    const body = readBody(options.body, header);
    if (isPromise(body)) return this.#hold(call, body, admit);
    const admission = admit(body);
    return isPromise(admission) ? this.#hold(call, body, () => admission) : call.proceed(body, admission);
  }

  /** Keeps a call back until its body is read and it is admitted; meanwhile an abort ends it at once. */
  #hold(
    call: DispatchedCall,
    body: MaybePromise<Buffer | undefined>,
    admit: (body: Buffer | undefined) => MaybePromise<Admission | undefined>,
  ): boolean {
    const waiting = this.#held.get(call.dispatcher) ?? new Set();
    this.#held.set(call.dispatcher, waiting);
    const held = call.hold(body, admit).finally(() => waiting.delete(held));
    waiting.add(held);
    return true;
  }

  /** A pool that is closed refuses new calls: first the held ones go out. */
  #close(dispatcher: Dispatcher, close: (...args: unknown[]) => unknown, args: unknown[]): unknown {
    const waiting = this.#held.get(dispatcher);
    if (!waiting?.size) return close.apply(dispatcher, args);
    const sent = Promise.allSettled(waiting);
    if (typeof args[0] !== 'function') return sent.then(() => close.apply(dispatcher, args));
    sent.then(() => close.apply(dispatcher, args));
    return undefined;
  }
}

function originOf(dispatcher: Dispatcher, { origin }: DispatchOptions): string | undefined {
  if (typeof origin === 'string') return origin;
  if (typeof origin === 'object') return origin.origin;
  // a Pool or a Client knows its own origin, at a symbol that undici does not export
  const kUrl = Object.getOwnPropertySymbols(dispatcher).find(({ description }) => description === 'url');
  const url = kUrl && (dispatcher as unknown as Record<symbol, unknown>)[kUrl];
  return url instanceof URL ? url.origin : undefined;
}

/** One call to `dispatch`, from admission to the network. */
class DispatchedCall implements Held {
  #set: Stage | undefined;

  constructor(
    readonly dispatcher: Dispatcher,
    private readonly original: Dispatch,
    private readonly options: DispatchOptions,
    private readonly handler: Handler,
    private readonly header: HeaderLookup,
    private readonly inContext: InContext,
  ) {}

  /** Only a call that waits, or is answered here, needs one. */
  get #stage(): Stage {
    this.#set ??= new Stage(this.handler);
    return this.#set;
  }

  get aborted(): boolean {
    return this.#set?.aborted === true;
  }

  onAbort(told: () => void): void {
    this.#stage.onAbort(told);
  }

  async hold(
    body: MaybePromise<Buffer | undefined>,
    admit: (body: Buffer | undefined) => MaybePromise<Admission | undefined>,
  ): Promise<void> {
    this.#stage.start();
    let bytes: Buffer | undefined;
    try {
      bytes = await body;
    } catch (error) {
      if (!this.#stage.aborted) this.#stage.fail(error);
      return;
    }
    if (this.#stage.aborted) return;
    const admission = await admit(bytes);
    if (this.#stage.aborted) {
      if (admission?.admitted) admission.exchange.unsent(new DOMException('This operation was aborted', 'AbortError'));
      return;
    }
    this.proceed(bytes, admission);
  }

  proceed(body: Buffer | undefined, admission: Admission | undefined): boolean {
    // a body that was an iterable is used up: what was read of it is sent
    const changes = body === undefined ? {} : { body };
    if (admission === undefined) return this.#send(changes, this.handler);
    if (admission.admitted) return this.#sendMetered(changes, admission.exchange);
    queueMicrotask(() => this.#stage.answer(admission.reply));
    return true;
  }

  #sendMetered(changes: Changes, exchange: Exchange): boolean {
    const { inContext } = this;
    const { changedBody, addedRequestHeaders } = exchange;
    const { headers, method = 'GET' } = this.options;
    const isEstimated = this.header(ESTIMATE_HEADER) !== undefined;
    const plain =
      isEstimated || addedRequestHeaders !== undefined
        ? { ...changes, headers: changeHeaders(headers, { [ESTIMATE_HEADER]: undefined, ...addedRequestHeaders }) }
        : changes;
    const watched = (resend: () => void) => meteredHandler(this.handler, { exchange, method, resend, inContext });
    if (changedBody === undefined) return this.#send(plain, watched(never));
    const changed = {
      body: changedBody,
      headers: changeHeaders(plain.headers ?? headers, {
        'accept-encoding': 'identity',
        'content-length': String(changedBody.length),
      }),
    };
    return this.#send(
      changed,
      watched(() => void this.#send(plain, watched(never))),
    );
  }

  #send(changes: Changes, handler: Handler): boolean {
    return handOver(() =>
      this.original.call(this.dispatcher, { ...this.options, ...changes, [kMetered]: true }, handler),
    );
  }
}

/** What goes out as the app made it is not sent again. */
const never = () => {};

/** What is sent otherwise than the app said. */
type Changes = Pick<DispatchOptions, 'body' | 'headers'>;
