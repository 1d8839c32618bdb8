import type { Request } from 'express';
import { joinTemplates, maskValues, templateOf } from './template.js';

/** A place in the app: a mount path, and below it perhaps a route, as templates (`/users/:id`). */
export interface Place {
  /** The part of the URL above it, as the client sent it: `req.baseUrl`. */
  readonly baseUrl: string;
  /** The same as a template. */
  readonly mount: string;
  /** The whole template, once a route has matched. */
  readonly route?: string;
}

/** What is used of Express's Layer; `rawPath` since router 2.3, `params` and `regexp` before. */
export interface LayerFacts {
  readonly route?: { readonly path: unknown };
  readonly method?: string;
  readonly handle?: unknown;
  readonly rawPath?: unknown;
  readonly params?: object;
  readonly regexp?: RegExp;
  readonly matchers?: readonly { readonly name: string }[];
}

export const ROOT: Place = { baseUrl: '', mount: '' };

/** Where a layer stands that Express is about to run: in `outer`, or below it. */
export function placeOf(layer: LayerFacts, outer: Place, req: Request): Place {
  const above = req.baseUrl.startsWith(outer.baseUrl) ? outer : ROOT;
  const mounted = req.baseUrl === above.baseUrl ? above : mountedPlace(layer, above, req);
  if (layer.route === undefined) return mounted;
  return { ...mounted, route: joinTemplates(mounted.mount, templateOf(layer.route.path)) };
}

function mountedPlace(layer: LayerFacts, outer: Place, { baseUrl, params }: Request): Place {
  const path = baseUrl.slice(outer.baseUrl.length);
  const template = layer.rawPath === undefined ? maskValues(path, params, layer) : templateOf(layer.rawPath);
  return { baseUrl, mount: outer.mount + template.replace(/\/$/, '') };
}

/** A place whose way there was not seen: this copy of Express is patched only now. */
export const unseenPlace = ({ baseUrl, params }: Request): Place => ({ baseUrl, mount: maskValues(baseUrl, params) });
