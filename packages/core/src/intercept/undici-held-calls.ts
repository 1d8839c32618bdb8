/** A call that waits for its admission. */
export interface HeldCall {
  readonly dispatcher: object;
  /** Ends it, as undici ends the calls that it has not sent: with the error of `destroy`, or with its own. */
  destroyed(error: unknown): void;
}

type Method = (...args: unknown[]) => unknown;

/** The calls that are held, by dispatcher: undici, which does not know them yet, would not count them when that is ended. */
export class HeldCalls {
  readonly #held = new WeakMap<object, Map<HeldCall, Promise<unknown>>>();

  add(call: HeldCall, sent: Promise<unknown>): void {
    const held = this.#held.get(call.dispatcher) ?? new Map<HeldCall, Promise<unknown>>();
    this.#held.set(call.dispatcher, held);
    held.set(
      call,
      sent.finally(() => held.delete(call)),
    );
  }

  /** A dispatcher that is closed refuses new calls: first the held ones go out. */
  close(dispatcher: object, close: Method, args: unknown[]): unknown {
    const held = this.#held.get(dispatcher);
    if (!held?.size) return close.apply(dispatcher, args);
    const [told] = args;
    const sent = Promise.allSettled(held.values());
    const closed = () => {
      // destroyed meanwhile, it would refuse to close
      if (!(dispatcher as { destroyed?: boolean }).destroyed) return close.apply(dispatcher, args);
      return typeof told === 'function' ? told(null, null) : null;
    };
    if (typeof told !== 'function') return sent.then(closed);
    sent.then(closed);
    return undefined;
  }

  /** A dispatcher that is destroyed sends nothing any more. */
  destroy(dispatcher: object, destroy: Method, args: unknown[]): unknown {
    const done = destroy.apply(dispatcher, args);
    const [error] = args;
    for (const call of [...(this.#held.get(dispatcher)?.keys() ?? [])]) {
      call.destroyed(typeof error === 'function' ? undefined : error);
    }
    return done;
  }
}
