/**
 * Integer nano-USD (1e-9 USD). The stand-in has an arithmetic of its own, apart from core's: what checks a meter must
 * not share its mistakes.
 */
export type Nanos = number;

/** Integer pico-USD: prices per token are often fractions of a nano (8.33e-08 USD is 83.3 nanos). */
export type Picos = number;

/** A decimal text as an integer number of units of 10^-places, rounded half up; `undefined` when it is no amount. */
function toUnits(text: string, places: number): number | undefined {
  const match = /^\+?(\d*)\.?(\d*)(?:e([+-]?\d{1,3}))?$/i.exec(text.trim());
  if (!match) return undefined;
  const [, whole = '', fraction = '', exponent = '0'] = match;
  if (whole === '' && fraction === '') return undefined;
  const digits = BigInt(whole + fraction);
  const shift = places + Number(exponent) - fraction.length;
  const divisor = 10n ** BigInt(Math.max(0, -shift));
  const units = Number((digits * 10n ** BigInt(Math.max(0, shift)) * 2n + divisor) / (divisor * 2n));
  return Number.isSafeInteger(units) ? units : undefined;
}

/** The amount that a text or a number of USD says, or `undefined` when it is none (`NaN`, `-1`, `abc`). */
export const readUsd = (usd: number | string): Nanos | undefined => toUnits(String(usd), 9);

/** As {@link readUsd}, for amounts that a test hands in: nonsense is its mistake. */
export function usdToNanos(usd: number | string, name: string): Nanos {
  const nanos = readUsd(usd);
  if (nanos === undefined) throw new RangeError(`${name} must be an amount in USD of 0 or more, not ${usd}`);
  return nanos;
}

/** A price in USD, exact to a pico. */
export const usdToPicos = (usd: number): Picos => toUnits(String(usd), 12) ?? 0;

/** Rounds half up. */
export const picosToNanos = (picos: Picos): Nanos => Math.floor((picos + 500) / 1000);

/** For display. */
export const nanosToUsd = (nanos: Nanos): number => nanos / 1e9;

/** An exact decimal without exponent, with at least `decimals` places. */
export function nanosToText(nanos: Nanos, decimals = 0): string {
  const digits = String(Math.abs(nanos)).padStart(10, '0');
  const fraction = digits.slice(-9).replace(/0+$/, '').padEnd(decimals, '0');
  return `${nanos < 0 ? '-' : ''}${digits.slice(0, -9)}${fraction && `.${fraction}`}`;
}

/** The same amount as Python writes small floats: `1.2e-06`. */
export const nanosToExponent = (nanos: Nanos): string =>
  nanosToUsd(nanos)
    .toExponential()
    .replace(/e([+-])(\d)$/, 'e$10$2');
