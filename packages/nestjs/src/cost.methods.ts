import { MetadataScanner, type ModulesContainer } from '@nestjs/core';

/** A method of a controller or a provider. */
export interface Method {
  readonly prototype: object;
  readonly name: string;
  readonly method: object;
  readonly type: { readonly name: string };
}

const scanner = new MetadataScanner();

export function* methodsIn(
  modules: ModulesContainer,
  kinds: readonly ('controllers' | 'providers')[],
): Generator<Method> {
  for (const module of modules.values()) {
    for (const wrapper of kinds.flatMap((kind) => [...module[kind].values()])) {
      const type: unknown = wrapper.metatype;
      if (typeof type !== 'function' || !type.prototype) continue; // a value, or an arrow function that makes one
      const prototype: Record<string, object> = type.prototype;
      for (const name of scanner.getAllMethodNames(prototype)) {
        yield { type, prototype, name, method: prototype[name] as object };
      }
    }
  }
}
