import type { HeaderLookup } from '../exchange.js';

/** The API key of a call, in whichever header it is; `undefined`: there is none, a proxy adds it. */
export function callKey(header: HeaderLookup): string | undefined {
  const bearer = header('authorization')?.replace(/^Bearer(\s+|$)/i, '');
  return (bearer || header('x-api-key'))?.trim() || undefined;
}
