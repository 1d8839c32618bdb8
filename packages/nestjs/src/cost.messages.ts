import { type NestInterceptor, UseInterceptors } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import type { CostInterceptor } from './cost.interceptor.js';
import { methodsIn } from './cost.methods.js';
import { isMessageHandler } from './cost.route.js';

/** The interceptors of the apps of this process that have a handler; what decorators leave on a method, all apps share. */
const interceptors = new WeakMap<object, Set<CostInterceptor>>();

/**
 * Global interceptors do not come to the gateways of Nest 10 and 11, nor to a microservice that `connectMicroservice()`
 * makes without `inheritAppConfig`: those of a method do.
 */
const messageInterceptor: NestInterceptor = {
  intercept(context, next) {
    const own = [...(interceptors.get(context.getHandler()) ?? [])].at(-1);
    return own === undefined ? next.handle() : own.interceptOnce(context, next);
  },
};

/**
 * Puts an interceptor on each handler of messages. In time before `connectMicroservice()`, which binds them at once.
 *
 * @returns leaves them to the other apps
 */
export function interceptMessages(modules: ModulesContainer, interceptor: CostInterceptor): () => void {
  const sets = [...methodsIn(modules, ['controllers', 'providers'])].flatMap(({ prototype, name, method }) => {
    if (!isMessageHandler(method)) return [];
    const known = interceptors.get(method);
    const set = known ?? new Set();
    if (known === undefined) {
      interceptors.set(method, set);
      UseInterceptors(messageInterceptor)(prototype, name, { value: method });
    }
    return [set.add(interceptor)];
  });
  return () => {
    for (const set of sets) set.delete(interceptor);
  };
}
