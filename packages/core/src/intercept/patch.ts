/** Takes a patch back. False when somebody wrapped the slot after us: our function is then left as an inert pass-through. */
export type Undo = () => boolean;

/**
 * Replaces a method or a global, and remembers how to take that back: exactly the property descriptor that was there.
 * Only files of `intercept/` call this.
 */
export function replace<T extends object, K extends keyof T & (string | symbol)>(
  target: T,
  key: K,
  make: (original: T[K]) => T[K],
): Undo {
  const own = Object.getOwnPropertyDescriptor(target, key);
  if (own !== undefined && !own.writable && !own.configurable) return () => true;
  const original = target[key];
  const replacement = make(original);
  Object.defineProperty(target, key, {
    value: replacement,
    writable: true,
    configurable: own?.configurable ?? true,
    enumerable: own?.enumerable ?? false,
  });
  return () => {
    if (target[key] !== replacement) return false;
    if (own !== undefined) Object.defineProperty(target, key, own);
    else Reflect.deleteProperty(target, key); // it was inherited
    return true;
  };
}
