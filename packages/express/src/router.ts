import type { Meter } from '@eden-cost/core';
import type { Request, Response } from 'express';
import { type Methods, patch } from './patch.js';
import { stateOf } from './request-state.js';
import { typed } from './typed.js';

type Done = (error?: unknown) => void;
type Handle = (this: unknown, req: Request, res: Response, done: Done) => unknown;

/**
 * No layer sees an error of `app.param()` unless an error middleware follows: what is left of it when a router is through
 * goes to whoever called the router, and at last to Express's own error page.
 */
export function patchRouter(router: object, meter: Meter): void {
  const prototype = ownerOf(router, 'handle');
  if (prototype !== undefined) patch(prototype, () => ({ handle: typedAtLast(prototype.handle as Handle) }), meter);
}

/** A router is a function whose prototype is a router, of its own or the one of all. */
function ownerOf(router: object, name: string): Methods | undefined {
  for (let owner: object | null = router; owner !== null; owner = Object.getPrototypeOf(owner)) {
    if (Object.hasOwn(owner, name)) return owner as Methods;
  }
  return undefined;
}

const typedAtLast = (original: Handle): Handle =>
  function handle(req, res, done) {
    const end: Done = (error) => done(error && typed(stateOf(req), error));
    return original.call(this, req, res, typeof done === 'function' ? end : done);
  };
