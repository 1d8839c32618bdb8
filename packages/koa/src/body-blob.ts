import { readInScope } from './body-context.js';
import type { Served } from './body-error.js';

/**
 * A blob has no state, and may be the body of many requests at once: it stays as it is, and this request gets one in its
 * place. `undefined` for what makes no calls: anything but a blob with a `stream()` of its own.
 */
export function blobInScope(body: unknown, served: Served): Blob | undefined {
  if (!(body instanceof Blob) || body.stream === Blob.prototype.stream) return undefined;
  const stream = () => {
    const made = served.open.scope.run(() => body.stream());
    readInScope(made, served);
    return made;
  };
  return new Proxy(body, {
    get(target, name) {
      if (name === 'stream') return stream;
      // a getter, or a method, of a class with private members takes no other receiver
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
