import { limitToNanos } from '../money.js';
import { nearest } from '../options/nearest.js';

/** Says what is wrong with an option's value, and what would be right, as the end of a sentence; nothing when it is fine. */
export type Check = (value: unknown) => string | undefined;

/** An option that may be left out. */
export const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined ? undefined : check(value);

/** @param longest in UTF-16 code units */
export const text =
  (longest: number): Check =>
  (value) => {
    if (typeof value !== 'string' || value.trim() === '') return `must be a text that is not empty; got ${show(value)}`;
    if (value.length > longest) return `must have at most ${longest} characters; got ${value.length}`;
    return /\p{Surrogate}/u.test(value) ? 'must be well-formed text; it has half of a surrogate pair' : undefined;
  };

const isLabel = (value: unknown): boolean => typeof value === 'string' && value !== '';

/** The name of a label, or several. */
export const labels: Check = (value) => {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (names.length === 0) return 'must name a label; leave it out for one account for all';
  const wrong = names.findIndex((name) => !isLabel(name));
  if (wrong >= 0) return `must be the name of a label, or an array of names; got ${show(names[wrong])}`;
  return new Set(names).size < names.length ? 'must name each label once' : undefined;
};

export const flag: Check = (value) =>
  typeof value === 'boolean' ? undefined : `must be true or false; got ${show(value)}`;

export const func: Check = (value) =>
  typeof value === 'function' ? undefined : `must be a function; got ${show(value)}`;

export const oneOf =
  (...values: string[]): Check =>
  (value) => {
    if (values.includes(value as string)) return undefined;
    const meant = typeof value === 'string' ? nearest(value, values) : undefined;
    const all = values.map((each) => `"${each}"`).join(', ');
    return `must be one of ${all}; got ${show(value)}${meant === undefined ? '' : `, did you mean "${meant}"?`}`;
  };

/** An amount of at least 0 USD. @param forInfinity what to say of `Infinity`; without it, it is refused */
export const usd =
  (forInfinity?: string): Check =>
  (value) => {
    const allowed = forInfinity === undefined ? '' : ` (${forInfinity})`;
    if (typeof value !== 'number' || !(value >= 0))
      return `must be a number of USD, at least 0${allowed}; got ${show(value)}`;
    const nanos = limitToNanos(value);
    if (nanos === Number.POSITIVE_INFINITY ? forInfinity !== undefined : !Number.isNaN(nanos)) return undefined;
    return `must be at most 9007199 USD${allowed}; got ${show(value)}`;
  };

export const limit: Check = (value) =>
  typeof value === 'function' ? undefined : usd('Infinity for no limit, or a function of the scope')(value);

export const zone: Check = (value) => {
  try {
    if (typeof value === 'string' && value !== '') new Intl.DateTimeFormat('en', { timeZone: value });
    else return `must be an IANA time zone such as "Europe/Paris"; got ${show(value)}`;
    return undefined;
  } catch {
    const meant = nearest(value as string, Intl.supportedValuesOf('timeZone'));
    const hint = meant === undefined ? 'take an IANA name such as "Europe/Paris"' : `did you mean "${meant}"?`;
    return `${show(value)} is not a time zone that this runtime knows; ${hint}`;
  }
};

export const thresholds: Check = (value) => {
  if (!Array.isArray(value)) return `must be an array of fractions such as [0.5, 0.8, 1]; got ${show(value)}`;
  const wrong = value.findIndex((each) => !(typeof each === 'number' && each > 0 && each <= 10));
  return wrong < 0
    ? undefined
    : `must hold fractions of the limit, above 0 and at most 10 (0.8 is 80 %); got ${show(value[wrong])}`;
};

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' && value !== null
    ? 'an object'
    : typeof value === 'function'
      ? 'a function'
      : String(value);
}
