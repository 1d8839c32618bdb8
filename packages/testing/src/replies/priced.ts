import type { PricedCall } from '../call.js';
import type { RawJson } from '../json.js';
import { metadataOf } from '../metadata.js';
import { providerOf } from '../naming.js';

/** The cost as a key of a JSON answer; gone when it is to be missing. */
export const costKey = ({ cost }: PricedCall): { cost?: RawJson } =>
  cost.written.json === undefined ? {} : { cost: cost.written.json };

/** A JSON answer with its price, its provider, and whatever else the test wants at its top. */
export function priced(call: PricedCall, fields: Record<string, unknown>): Record<string, unknown> {
  const rest = { ...fields, provider: providerOf(call), ...metadataOf(call), ...call.options.extra };
  return call.options.costAt === 'start' ? { ...costKey(call), ...rest } : { ...rest, ...costKey(call) };
}
