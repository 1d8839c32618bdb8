import { OptionsError } from '../errors.js';
import { nearest } from './nearest.js';

export function flag(name: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== 'boolean') throw new OptionsError(`options.${name} must be true or false`);
  return value;
}

export function numberFrom(name: string, value: unknown, least: number): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= least) return Math.round(value);
  throw new OptionsError(`options.${name} must be a number of at least ${least}`);
}

export function oneOf<T extends string>(name: string, value: unknown, allowed: readonly T[]): T {
  if (allowed.includes(value as T)) return value as T;
  const near = typeof value === 'string' ? nearest(value, allowed) : undefined;
  const label = name.includes(' ') ? name : `options.${name}`;
  throw new OptionsError(
    `${label} must be one of ${allowed.map((choice) => `"${choice}"`).join(', ')}${near === undefined ? '' : `; did you mean "${near}"?`}`,
  );
}
