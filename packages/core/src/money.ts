/** An amount of money: an integer number of nano-USD (1e-9 USD). Safe up to about 9 million USD. */
export type Nanos = number;

const NANOS_PER_USD = 1_000_000_000;

/**
 * Reads a cost as Eden AI writes it: a decimal text (`"0.0100"`, `1.2e-06`), rounded half up to a nano.
 * Returns `undefined` for anything that is no amount: `NaN`, a negative, `"abc"`, an empty text, too large to be exact.
 */
export function parseUsd(text: string): Nanos | undefined {
  const nanos = readPlain(text) ?? readScientific(text.trim());
  return Number.isSafeInteger(nanos) ? nanos : undefined;
}

const PLACES = 9;
const ZERO = 0x30;
const DOT = 0x2e - ZERO;

/** Digits with at most one dot, as nearly every cost is: that needs no regular expression. `undefined` for any other text. */
function readPlain(text: string): number | undefined {
  let nanos = 0;
  let places = -1; // before the dot
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit === DOT && places < 0) places = 0;
    else if (!(digit >= 0 && digit <= 9)) return undefined;
    else if (places < PLACES) {
      nanos = nanos * 10 + digit;
      if (places >= 0) places++;
    } else if (places++ === PLACES && digit >= 5) nanos += 1;
  }
  if (text === '' || text === '.') return undefined;
  for (let place = Math.max(places, 0); place < PLACES; place++) nanos *= 10;
  return nanos;
}

function readScientific(text: string): number | undefined {
  // A dot between the two runs of digits, or no second run: else a long text of digits takes quadratic time.
  const match = /^\+?(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text);
  if (!match) return undefined;
  const [, whole = '', fraction = '', exponent = '0'] = match;
  if (whole === '' && fraction === '') return undefined;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent) + PLACES;
  const kept = point <= 0 ? '0' : digits.slice(0, point).padEnd(point, '0');
  const roundsUp = point >= 0 && (digits.charAt(point) || '0') >= '5';
  return Number(kept) + (roundsUp ? 1 : 0);
}

/** A cost in USD as a number, rounded half up to a nano. `undefined` when it is no amount (see {@link parseUsd}). */
export function costToNanos(usd: number): Nanos | undefined {
  return Number.isFinite(usd) && usd >= 0 ? parseUsd(String(usd)) : undefined;
}

/**
 * An estimate in USD, rounded up to a nano: what is held must never be less than what was meant.
 * Noise below a thousandth of a nano, which float arithmetic leaves behind, does not round up.
 */
export function estimateToNanos(usd: number): Nanos {
  return Math.max(0, Math.ceil(usd * NANOS_PER_USD - 1e-3));
}

/** A limit in USD; `Infinity` stays `Infinity` (no limit). */
export function limitToNanos(usd: number): Nanos {
  return usd === Number.POSITIVE_INFINITY ? usd : (costToNanos(usd) ?? Number.NaN);
}

/** For display and for people. Arithmetic stays in nanos. */
export const nanosToUsd = (nanos: Nanos): number => nanos / NANOS_PER_USD;

/**
 * Writes an amount as an exact decimal without exponent, with at least `decimals` places: `formatUsd(1_200)` is `"0.0000012"`.
 * No limit is written `Infinity`.
 *
 * @param nanos integer nano-USD
 * @param decimals least number of places, default 2
 */
export function formatUsd(nanos: Nanos, decimals = 2): string {
  if (!Number.isFinite(nanos)) return String(nanos);
  const whole = Math.round(nanos);
  const sign = whole < 0 ? '-' : '';
  const digits = String(Math.abs(whole)).padStart(10, '0');
  const fraction = digits.slice(-9).replace(/0+$/, '').padEnd(decimals, '0');
  return `${sign}${digits.slice(0, -9)}${fraction === '' ? '' : `.${fraction}`}`;
}
