/** Takes a patch back. False when somebody wrapped the slot after us: our function is then left as an inert pass-through. */
export type Undo = () => boolean;

/** Whether what an object has, or inherits, at a key can be replaced on it: not where it is frozen. */
export function isReplaceable(target: object, key: PropertyKey): boolean {
  const own = Object.getOwnPropertyDescriptor(target, key);
  return own === undefined ? Object.isExtensible(target) : own.writable === true || own.configurable === true;
}

/**
 * Replaces a method or a global, and remembers how to take that back: exactly the property descriptor that was there.
 * Leaves a slot that is frozen as it is.
 * Only files of `intercept/` call this.
 */
export function replace<T extends object, K extends keyof T & (string | symbol)>(
  target: T,
  key: K,
  make: (original: T[K]) => T[K],
): Undo {
  const own = Object.getOwnPropertyDescriptor(target, key);
  if (!isReplaceable(target, key)) return () => true;
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
    // false where it was frozen meanwhile
    return own === undefined ? Reflect.deleteProperty(target, key) : Reflect.defineProperty(target, key, own);
  };
}
