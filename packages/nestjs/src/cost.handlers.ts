import type { Meter } from '@eden-cost/core';
import { UseGuards } from '@nestjs/common';
import { MetadataScanner, type ModulesContainer } from '@nestjs/core';
import { costGuard } from './cost.guard.js';
import { checkMarks, marksOf, namesBudget } from './cost.marks.js';

interface Handler {
  readonly prototype: object;
  readonly name: string;
  readonly method: object;
  readonly type: { readonly name: string };
}

const guarded = new WeakSet<object>();
const scanner = new MetadataScanner();

/**
 * Checks what decorators say of controllers, gateways, resolvers and providers of the app.
 *
 * @throws {OptionsError} `ERR_COST_OPTIONS`, for a name that no budget has, with the nearest
 */
export function checkHandlers(modules: ModulesContainer, meter: Meter): void {
  for (const { type, name, method } of handlersIn(modules, ['controllers', 'providers'])) {
    checkMarks(marksOf(type, method), meter, `${type.name}.${name}`);
  }
}

/** Puts the guard after all others of each controller's method with `@Budget()`. In time before routes are made. */
export function guardHandlers(modules: ModulesContainer): void {
  for (const { type, prototype, name, method } of handlersIn(modules, ['controllers'])) {
    if (guarded.has(method) || !namesBudget(marksOf(type, method))) continue;
    guarded.add(method);
    UseGuards(costGuard)(prototype, name, { value: method });
  }
}

function* handlersIn(modules: ModulesContainer, kinds: readonly ('controllers' | 'providers')[]): Generator<Handler> {
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
