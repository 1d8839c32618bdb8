import type { OpenScope } from '@eden-cost/core';
import { type LayerFacts, type Place, ROOT } from './place.js';

/** What is known of a request on its way through the app. */
export interface RequestState {
  /** The scope that the outermost `costAware()` opened. */
  open?: OpenScope;
  /** Where the handler that runs now stands. */
  place: Place;
  /** What Express has the handler that runs now in. */
  layer?: LayerFacts;
  /** The template of the last route, or the last mount path, that the request came to. */
  reached?: string;
}

const STATE = Symbol.for('@eden-cost/express:request');

/** Kept on the request, where the async context may be lost, and where another copy of this package finds it. */
export function stateOf(req: object): RequestState {
  const known = (req as { [STATE]?: RequestState })[STATE];
  if (known !== undefined) return known;
  const state: RequestState = { place: ROOT };
  Object.defineProperty(req, STATE, { value: state });
  return state;
}
