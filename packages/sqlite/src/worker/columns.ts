import type { Row } from './driver.js';

/** Columns as the ledger wrote them. Each throws for what it cannot have written, and names the column. */

/** An amount. `node:sqlite` itself throws for one beyond 2^53, and libsql answers the nearest double. */
export function wholeOf(row: Row, column: string): number {
  const value = row[column];
  if (!Number.isSafeInteger(value)) throw new TypeError(`${column} is no whole number below 2^53`);
  return value as number;
}

export function oneOf<T extends string>(row: Row, column: string, values: readonly T[]): T {
  const found = values.find((value) => value === row[column]);
  if (found === undefined) throw new TypeError(`${column} is none of ${values.join(', ')}`);
  return found;
}

export function listOf<T>(row: Row, column: string, isItem: (item: unknown) => item is T): readonly T[] {
  let value: unknown;
  try {
    value = JSON.parse(row[column] as string);
  } catch (cause) {
    throw new TypeError(`${column} is no JSON`, { cause });
  }
  if (!Array.isArray(value) || !value.every(isItem)) throw new TypeError(`${column} is no list of the ledger's`);
  return value;
}

export const isNumber = (item: unknown): item is number => typeof item === 'number';
