import { type Nanos, parseUsd } from '../money.js';

/** What an answer says that it cost. */
export type CostReading =
  | { readonly kind: 'amount'; readonly nanos: Nanos; readonly raw: string }
  | { readonly kind: 'missing' }
  | {
      readonly kind: 'invalid';
      /** As written, at most 64 characters. */
      readonly raw: string;
      readonly why: 'not-a-number' | 'negative' | 'above-maximum';
    };

export const MISSING_COST: CostReading = { kind: 'missing' };

export const isZero = (cost: CostReading): boolean => cost.kind === 'amount' && cost.nanos === 0;

/** A raw text is kept for people to look at, and may be anything. */
const RAW_LENGTH = 64;

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * Reads a cost: a JSON number on the OpenAI and Anthropic shapes, a decimal string on Universal AI, plain text in a header
 * (Eden AI wire notes, "Where the cost is"). A string's `raw` is without its quotes.
 *
 * @param text the value's raw JSON text, or a header's text; `undefined`, `null` and an empty header are `missing`
 * @param maxNanos integer nano-USD; what is above is not believed
 */
export function readCost(text: string | undefined, maxNanos: Nanos): CostReading {
  const value = text?.trim() ?? '';
  if (value === '' || value === 'null') return MISSING_COST;
  const usd = unquoted(value).trim();
  const raw = usd.slice(0, RAW_LENGTH);
  const nanos = parseUsd(usd) ?? (DECIMAL.test(usd) ? unusual(usd) : Number.NaN);
  if (Number.isNaN(nanos)) return { kind: 'invalid', raw, why: 'not-a-number' };
  if (nanos < 0) return { kind: 'invalid', raw, why: 'negative' };
  return nanos > maxNanos ? { kind: 'invalid', raw, why: 'above-maximum' } : { kind: 'amount', nanos, raw };
}

/** Of two readings of one answer the later counts, unless it says less. */
export const laterCost = (earlier: CostReading, later: CostReading): CostReading =>
  SAYS[later.kind] >= SAYS[earlier.kind] ? later : earlier;

/** How much each kind of reading says. */
const SAYS = { missing: 0, invalid: 1, amount: 2 } as const;

/** The sum over the providers of a v2 feature call; `raw` is then a sum too. One that is invalid makes the sum invalid. */
export function sumCosts(costs: readonly CostReading[], maxNanos: Nanos): CostReading {
  const invalid = costs.find((cost) => cost.kind === 'invalid');
  if (invalid) return invalid;
  const amounts = costs.filter((cost) => cost.kind === 'amount');
  if (amounts.length === 0) return MISSING_COST;
  const raw = amounts
    .map((cost) => cost.raw)
    .join('+')
    .slice(0, RAW_LENGTH);
  const nanos = amounts.reduce((sum, cost) => sum + cost.nanos, 0);
  return nanos > maxNanos ? { kind: 'invalid', raw, why: 'above-maximum' } : { kind: 'amount', nanos, raw };
}

/** What `parseUsd` refuses: less than nothing, far too large to be exact, or an exponent of more than three digits. */
function unusual(decimal: string): number {
  if (!decimal.startsWith('-')) return Number(decimal) < 1 ? 0 : Number.POSITIVE_INFINITY;
  const nanos = parseUsd(decimal.slice(1)) ?? unusual(decimal.slice(1));
  return nanos === 0 ? 0 : -nanos;
}

function unquoted(json: string): string {
  if (!json.startsWith('"')) return json;
  try {
    return String(JSON.parse(json));
  } catch {
    return json;
  }
}
