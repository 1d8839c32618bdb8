import type { OpenScope } from '@eden-cost/core';
import type { Context } from 'koa';

const STATE = Symbol.for('@eden-cost/koa:request');

type Carrier = Context['req'] & { [STATE]?: OpenScope };

/** Kept on the request, where the async context may be lost, and where another copy of this package finds it. */
export const openScopeOf = ({ req }: Pick<Context, 'req'>): OpenScope | undefined => (req as Carrier)[STATE];

export function keepOpenScope({ req }: Pick<Context, 'req'>, open: OpenScope): void {
  Object.defineProperty(req, STATE, { value: open });
}
