import type { CostScope } from '@eden-cost/core';

/** How each kind of body is read: the methods that Koa, or Node for it, calls on it and on what they give back. */
const KINDS: readonly [is: (body: object) => boolean, methods: readonly PropertyKey[]][] = [
  [(body) => typeof (body as { _read?: unknown })._read === 'function', ['_read', '_destroy']],
  [(body) => body instanceof ReadableStream, [Symbol.asyncIterator, 'values', 'getReader', 'pipeTo', 'pipeThrough']],
];

/** Of a reader, and of an iterator. */
const READS = ['read', 'cancel', 'next', 'return'];

/** What is read in a scope already: a body that is served again is read in the scope of its last request. */
const readers = new WeakMap<object, { scope: CostScope }>();

/**
 * Koa reads a body that is a stream after all middleware, outside of their async context: one that makes its calls while
 * it is read would make them in nobody's scope.
 */
export function readInScope(body: unknown, scope: CostScope): void {
  if (typeof body !== 'object' || body === null) return;
  if (body instanceof Response) readInScope(body.body, scope);
  const kind = KINDS.find(([is]) => is(body));
  if (kind === undefined) return;
  callInScope(body, kind[1], scope, (made, of) => {
    if (made instanceof ReadableStream) readInScope(made, of);
    else if (typeof made === 'object' && made !== null) callInScope(made, READS, of);
  });
}

type Methods = Record<PropertyKey, unknown>;

/** Shadowed on the object itself, which stays the one that the app has, and once: a body may be served time and again. */
function callInScope(
  target: object,
  names: readonly PropertyKey[],
  scope: CostScope,
  onMade: (made: unknown, scope: CostScope) => void = () => {},
): void {
  const known = readers.get(target);
  if (known !== undefined) {
    known.scope = scope;
    return;
  }
  const reader = { scope };
  readers.set(target, reader);
  for (const name of names) {
    const method = (target as Methods)[name];
    if (typeof method !== 'function') continue;
    const value = (...args: unknown[]) => {
      const current = reader.scope;
      const made: unknown = current.run(() => method.apply(target, args));
      onMade(made, current);
      return made;
    };
    Reflect.defineProperty(target, name, { value, configurable: true, writable: true });
  }
}
