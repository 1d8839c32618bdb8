/**
 * Gives one object methods of its own. An assignment is the fastest way, and throws where the prototype is frozen. An object
 * that can be given none is left as it is.
 *
 * @param assign assigns each of the methods by its name: a call can wait for V8 to look names up
 */
export function shadow<T extends object, M extends Partial<T>>(
  target: T,
  methods: M,
  assign: (target: T, methods: M) => void = Object.assign,
): void {
  try {
    assign(target, methods);
  } catch {
    for (const [name, value] of Object.entries(methods)) {
      Reflect.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: true });
    }
  }
}
