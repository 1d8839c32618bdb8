import 'reflect-metadata';
import { RequestMethod } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';

/** Nest's own metadata: of `@Controller()`, `@Get()` and `@Version()`, and, with the app's id behind it, of `RouterModule`. */
const METHOD = 'method';
const PATH = 'path';
const HOST = 'host';
const VERSION = '__version__';
const MODULE_PATH = '__module_path__';

/** What makes Nest send a request or a message to a method: routes, patterns, gateways, resolvers, RabbitMQ's consumers. */
const ENTRY = /^(method$|microservices:|websockets:|graphql:|RABBIT_HANDLER$)/;

/** False for a method that only other methods call: guards and interceptors never come to it. */
export const isHandler = (method: object): boolean =>
  Reflect.getMetadataKeys(method).some((key: unknown) => typeof key === 'string' && ENTRY.test(key));

/** False for a handler of messages, a resolver and the like, which have no path to be called after. */
export const isRoute = (method: object): boolean => Reflect.hasMetadata(METHOD, method);

/** A message pattern, or an event of a gateway. */
export const isMessageHandler = (method: object): boolean =>
  Reflect.getMetadataKeys(method).some(
    (key: unknown) => typeof key === 'string' && /^(microservices|websockets):/.test(key),
  );

const listOf = (value: unknown): unknown[] => (value === undefined ? [] : [value].flat());

const textOf = (value: unknown): string => (typeof value === 'symbol' ? (value.description ?? '') : String(value));

/** Where `RouterModule` puts the controllers of a module. */
const modulePaths = new WeakMap<object, string>();

/** In time before routes are made, and after `RouterModule` has been. */
export function readModulePaths(modules: ModulesContainer): void {
  for (const { metatype, controllers } of modules.values()) {
    const path: unknown = Reflect.getMetadata(MODULE_PATH + modules.applicationId, metatype);
    if (typeof path !== 'string') continue;
    for (const { metatype: controller } of controllers.values()) if (controller) modulePaths.set(controller, path);
  }
}

/**
 * What an inline budget is called that has no name: `GET /docs/:doc`. It is that of the handler, whichever of its methods
 * and paths a client has chosen, or there would be a fresh budget for each.
 */
export function routeNameOf(type: { readonly name: string }, method: { readonly name: string }): string {
  const verb = Reflect.getMetadata(METHOD, method) as RequestMethod | undefined;
  if (verb === undefined) return `ANY ${type.name}.${method.name}`;
  const paths = [type, method].map((one) => textOf(listOf(Reflect.getMetadata(PATH, one))[0] ?? ''));
  const path = [modulePaths.get(type) ?? '', ...paths].flatMap((one) => one.split('/'));
  const version = Reflect.getMetadata(VERSION, method) ?? Reflect.getMetadata(VERSION, type);
  const also = [...listOf(version), ...listOf(Reflect.getMetadata(HOST, type))].map(textOf).join(', ');
  return `${RequestMethod[verb]} /${path.filter(Boolean).join('/')}${also && ` (${also})`}`;
}
