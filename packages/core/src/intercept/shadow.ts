/**
 * Gives one object methods of its own. An assignment is the fastest way, and throws where the prototype is frozen. An object
 * that can be given none is left as it is.
 */
export function shadow<T extends object>(target: T, methods: Partial<T>): void {
  try {
    Object.assign(target, methods);
  } catch {
    for (const [name, value] of Object.entries(methods)) {
      Reflect.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: true });
    }
  }
}
