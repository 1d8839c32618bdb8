import { remembered } from '../remembered.js';

/** Where an Eden AI is reached: one of its own hosts, a proxy or a private deployment. */
export interface BaseUrl {
  /** Scheme, host and port as `URL` writes them, without a trailing dot of the host name: `https://api.edenai.run`. */
  readonly origin: string;
  /** The path that comes before Eden AI's own, without a trailing slash: `''` or `/eden`. */
  readonly prefix: string;
}

/** Eden AI's own hosts (Eden AI wire notes, "Hosts and keys"; LiteLLM's page "Eden AI"). */
export const DEFAULT_BASE_URLS: readonly BaseUrl[] = [
  { origin: 'https://api.edenai.run', prefix: '' },
  { origin: 'https://api.eu.edenai.run', prefix: '' },
];

const SCHEMES = new Set(['http:', 'https:']);

/** An app meets few origins; a crawler meets many, and must not fill the memory. */
const ORIGINS_REMEMBERED = 1024;
const PATHS_REMEMBERED = 256;

/**
 * Reads a base URL as users write it. `https://proxy/eden`, `https://proxy/eden/v3` and `https://proxy/eden/v3/llm` mean the
 * same, because SDKs are given the last two (public page "Python (OpenAI SDK)").
 *
 * @returns `undefined` when it is no http(s) URL, or carries a query, a fragment or credentials
 */
export function parseBaseUrl(value: string | URL): BaseUrl | undefined {
  if (!URL.canParse(String(value))) return undefined;
  const url = new URL(value);
  if (!SCHEMES.has(url.protocol) || url.username !== '' || url.password !== '') return undefined;
  if (/[?#]/.test(url.href)) return undefined;
  return { origin: originOf(url), prefix: url.pathname.replace(/\/+$/, '').replace(/\/+v[23](?:\/llm)?$/, '') };
}

/**
 * The path below the first base URL that `url` belongs to, starting with `/` and without the query.
 *
 * @returns `undefined` when the URL is not Eden AI
 */
export function matchBaseUrl(bases: readonly BaseUrl[], url: URL): string | undefined {
  return pathBelow(prefixesOf(bases, originOf(url)), url.pathname);
}

/** The base URL that `url` belongs to: the one with the longest prefix. */
export function baseUrlOf(bases: readonly BaseUrl[], url: URL): BaseUrl | undefined {
  const origin = originOf(url);
  const prefix = prefixesOf(bases, origin).find((one) => pathBelow([one], url.pathname) !== undefined);
  return bases.find((base) => base.origin === origin && base.prefix === prefix);
}

/**
 * {@link matchBaseUrl} for the hot path: it runs on every outbound call of the app, and an origin that is not Eden AI
 * costs one Map lookup once it has been seen.
 *
 * @returns a function of an origin (any case, default port or trailing dot) and a path with or without a query
 */
export function createBaseUrlMatcher(bases: readonly BaseUrl[]): (origin: string, path: string) => string | undefined {
  const pathsAt = remembered(ORIGINS_REMEMBERED, (origin) => {
    const prefixes = URL.canParse(origin) ? prefixesOf(bases, originOf(new URL(origin))) : [];
    if (prefixes.length === 0) return nowhere;
    return remembered(PATHS_REMEMBERED, (path) => pathBelow(prefixes, resolved(origin, path)));
  });
  return (origin, path) => pathsAt(origin)(path);
}

const nowhere = (): undefined => undefined;

/** A server may resolve them: `models/../chat/completions` is not free. */
const DOT_SEGMENTS = /\/\.|%2e/i;

const resolved = (origin: string, path: string): string =>
  DOT_SEGMENTS.test(path) && URL.canParse(path, origin) ? new URL(path, origin).pathname : path;

/** `api.edenai.run.` is the same host as `api.edenai.run` (the DNS root), but `URL` keeps the dot. */
function originOf(url: URL): string {
  const host = url.hostname.endsWith('.') ? url.hostname.slice(0, -1) : url.hostname;
  return `${url.protocol}//${host}${url.port === '' ? '' : `:${url.port}`}`;
}

/** The longest prefix first, so that `/eden/eu` is not taken for a path of `/eden`. */
function prefixesOf(bases: readonly BaseUrl[], origin: string): readonly string[] {
  return bases
    .filter((base) => base.origin === origin)
    .map((base) => base.prefix)
    .sort((a, b) => b.length - a.length);
}

function pathBelow(prefixes: readonly string[], pathAndQuery: string): string | undefined {
  if (prefixes.length === 0) return undefined;
  const end = pathAndQuery.search(/[?#]/);
  const path = end === -1 ? pathAndQuery : pathAndQuery.slice(0, end);
  for (const prefix of prefixes) {
    if (path === prefix) return '/';
    if (path.startsWith(`${prefix}/`)) return path.slice(prefix.length);
  }
  return undefined;
}
