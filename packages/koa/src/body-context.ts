import type { CostScope } from '@eden-cost/core';

/** How each kind of body is read: the methods that Koa, or Node for it, calls on it and on what they give back. */
const KINDS: readonly [is: (body: object) => boolean, methods: readonly PropertyKey[]][] = [
  [(body) => typeof (body as { _read?: unknown })._read === 'function', ['_read', '_destroy']],
  [(body) => body instanceof ReadableStream, [Symbol.asyncIterator, 'values', 'getReader', 'pipeTo', 'pipeThrough']],
  [(body) => body instanceof Blob, ['stream']],
];

/** Of a reader, and of an iterator. */
const READS = ['read', 'cancel', 'next', 'return'];

/**
 * Koa reads a body that is a stream after all middleware, outside of their async context: one that makes its calls while
 * it is read would make them in nobody's scope.
 */
export function readInScope(body: unknown, scope: CostScope): void {
  if (typeof body !== 'object' || body === null) return;
  if (body instanceof Response) readInScope(body.body, scope);
  const [, methods = []] = KINDS.find(([is]) => is(body)) ?? [];
  callInScope(body, methods, scope, (made) => {
    if (made instanceof ReadableStream) readInScope(made, scope);
    else if (typeof made === 'object' && made !== null) callInScope(made, READS, scope);
  });
}

type Methods = Record<PropertyKey, unknown>;

/** Shadowed on the object itself, which stays the one that the app has. */
function callInScope(
  target: object,
  names: readonly PropertyKey[],
  scope: CostScope,
  onMade: (made: unknown) => void = () => {},
): void {
  for (const name of names) {
    const method = (target as Methods)[name];
    if (typeof method !== 'function') continue;
    const value = (...args: unknown[]) => {
      const made: unknown = scope.run(() => method.apply(target, args));
      onMade(made);
      return made;
    };
    Reflect.defineProperty(target, name, { value, configurable: true, writable: true });
  }
}
