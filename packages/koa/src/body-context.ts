import type { CostScope } from '@eden-cost/core';

interface Readable {
  _read(size: number): void;
}

/**
 * Koa reads a body that is a stream after all middleware, outside of their async context: a generator that makes its
 * calls while it is read would make them in nobody's scope.
 */
export function readInScope(body: unknown, scope: CostScope): void {
  if (!isReadable(body)) return;
  const read = body._read;
  body._read = (size) => scope.run(() => read.call(body, size));
}

const isReadable = (body: unknown): body is Readable =>
  typeof body === 'object' && body !== null && typeof (body as Partial<Readable>)._read === 'function';
