import { answerFirst, type Served } from './body-error.js';

/** How each kind of body is read: the methods that Koa, or Node for it, calls on it and on what they give back. */
const KINDS: readonly [is: (body: object) => boolean, methods: readonly PropertyKey[]][] = [
  [(body) => typeof (body as { _read?: unknown })._read === 'function', ['_read', '_destroy']],
  [(body) => body instanceof ReadableStream, [Symbol.asyncIterator, 'values', 'getReader', 'pipeTo', 'pipeThrough']],
];

/** Of a reader, and of an iterator. */
const READS = ['read', 'cancel', 'next', 'return'];

/** What is read in a scope already: a body that is served again is read in the scope of its last request. */
const readers = new WeakMap<object, { served: Served }>();

/**
 * Koa reads a body that is a stream after all middleware, outside of their async context: one that makes its calls while
 * it is read would make them in nobody's scope.
 */
export function readInScope(body: unknown, served: Served): void {
  if (typeof body !== 'object' || body === null) return;
  if (body instanceof Response) readInScope(body.body, served);
  const kind = KINDS.find(([is]) => is(body));
  if (kind === undefined) return;
  callInScope(body, kind[1], served, (made, by) => {
    if (made instanceof ReadableStream) readInScope(made, by);
    else if (typeof made === 'object' && made !== null) callInScope(made, READS, by, failAfterAnswer);
    return made;
  });
}

/** A web stream has no end of its own to hold back, as a Node stream has: its readers hear of a denial once it is answered. */
const failAfterAnswer = (read: unknown, served: Served): unknown =>
  typeof (read as Promise<unknown> | undefined)?.then === 'function'
    ? Promise.resolve(read).catch(async (error) => {
        await answerFirst(error, served);
        throw error;
      })
    : read;

type Methods = Record<PropertyKey, unknown>;

/** Shadowed on the object itself, which stays the one that the app has, and once: a body may be served time and again. */
function callInScope(
  target: object,
  names: readonly PropertyKey[],
  served: Served,
  madeOf: (made: unknown, served: Served) => unknown,
): void {
  const known = readers.get(target);
  if (known !== undefined) {
    known.served = served;
    return;
  }
  const reader = { served };
  readers.set(target, reader);
  for (const name of names) {
    const method = (target as Methods)[name];
    if (typeof method !== 'function') continue;
    const value = (...args: unknown[]) => {
      const by = reader.served;
      return madeOf(
        by.open.scope.run(() => method.apply(target, args)),
        by,
      );
    };
    Reflect.defineProperty(target, name, { value, configurable: true, writable: true });
  }
}
