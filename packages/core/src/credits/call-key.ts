import type { HeaderLookup } from '../exchange.js';

/** As nearly everybody writes it. */
const BEARER = 'Bearer ';

/** The API key of a call, in whichever header it is; `undefined`: there is none, a proxy adds it. */
export function callKey(header: HeaderLookup): string | undefined {
  const given = header('authorization');
  const bearer = given?.startsWith(BEARER) ? given.slice(BEARER.length) : given?.replace(/^Bearer(\s+|$)/i, '');
  return bearer?.trim() || header('x-api-key')?.trim() || undefined;
}
