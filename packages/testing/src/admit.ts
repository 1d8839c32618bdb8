import { createHash } from 'node:crypto';
import { bodyOf, type Call } from './call.js';
import type { Family } from './error-bodies.js';
import { Refusal } from './refusal.js';
import type { ReplyOptions } from './reply-options.js';
import type { ReceivedRequest } from './request.js';
import { findRoute } from './routes.js';
import type { Site } from './site.js';
import { readTags } from './tags.js';

const MAX_FALLBACKS = 3;

const fingerprint = ({ method, path, bodyBytes }: ReceivedRequest): string =>
  createHash('sha1').update(`${method} ${path}\n`).update(bodyBytes).digest('base64');

/** The family in whose shape a request's errors are written. */
export const familyOf = ({ method, path }: ReceivedRequest): Family =>
  findRoute(method, path)?.route.family ?? 'manage';

/** What Eden AI refuses before it calls a provider, in the order in which it looks. */
const CHECKS: readonly ((call: Call) => void)[] = [
  ({ body }) => {
    if (Array.isArray(body.fallbacks) && body.fallbacks.length > MAX_FALLBACKS) {
      throw new Refusal(422, `At most ${MAX_FALLBACKS} fallbacks`);
    }
  },
  ({ request, route }) => {
    if (typeof request.body === 'string' && route.price) throw new Refusal(422, 'The body is not valid JSON');
  },
  ({ body, options }) => {
    if (options.rejectStreamOptions !== undefined && body.stream_options !== undefined) {
      throw new Refusal(options.rejectStreamOptions, 'Unknown parameter: stream_options');
    }
  },
  ({ site, route, key, options }) => {
    if (!route.price || key?.sandbox || options.byok) return;
    if (site.credits.empty || (key?.balance ?? 1) <= 0) throw new Refusal(402, '', options.errorShape);
  },
];

/** Lets a request in, or refuses it. */
export function admit(site: Site, request: ReceivedRequest, options: ReplyOptions): Call {
  const found = findRoute(request.method, request.path);
  if (!found) throw new Refusal(404, 'Not Found', 'detail');
  const { route, params } = found;
  const key = site.keys.authorise(request.headers, route.access);
  const tags = readTags(request);
  const known = route.price && !route.billedAtEnd && site.cache?.has(fingerprint(request));
  const cached = options.cached ?? known ?? false;
  const call: Call = { site, route, request, body: bodyOf(request), params, options, key, tags, cached };
  for (const check of CHECKS) check(call);
  return call;
}

/** Keeps a good answer in the response cache. */
export function remember({ site, route, request }: Call): void {
  if (route.price && !route.billedAtEnd) site.cache?.add(fingerprint(request));
}
