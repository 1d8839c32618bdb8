import 'reflect-metadata';
import type { ModulesContainer } from '@nestjs/core';

/** `@nestjs/graphql`'s own: what `@ResolveField()` leaves on a method, and the token of its module's options. */
const FIELD = 'graphql:resolve_property';
const GRAPHQL_OPTIONS = 'GqlModuleOptions';

/** A resolver of one field of an object, in contrast to a query or a mutation. */
export const isFieldResolver = (method: object): boolean => Reflect.getMetadata(FIELD, method) === true;

/** Nest runs interceptors for a field only where its GraphQL module is told so. */
export function interceptsFields(modules: ModulesContainer): boolean {
  const all = [...modules.values()].flatMap(({ providers }) => providers.get(GRAPHQL_OPTIONS)?.instance ?? []);
  return all.some(({ fieldResolverEnhancers = [] }: { fieldResolverEnhancers?: readonly string[] }) =>
    fieldResolverEnhancers.includes('interceptors'),
  );
}
