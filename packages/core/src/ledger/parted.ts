import type { ReserveResult } from './ledger.js';

/** Which entries of a list are kept in one place, and which in the other: indexes into that list, ascending. */
export interface Parted {
  readonly here: readonly number[];
  readonly there: readonly number[];
}

export function part<T>(all: readonly T[], isHere: (one: T) => boolean): Parted {
  const here: number[] = [];
  const there: number[] = [];
  for (const [index, one] of all.entries()) (isHere(one) ? here : there).push(index);
  return { here: here.slice(), there: there.slice() }; // an array that has grown keeps room for more
}

export const pick = <T>(all: readonly T[], indexes: readonly number[]): T[] => indexes.map((index) => all[index] as T);

/** One list of both; what is missing in either becomes `none`. */
export function merge<T>({ here, there }: Parted, own: readonly T[], others: readonly T[], none: T): T[] {
  const merged = new Array<T>(here.length + there.length).fill(none);
  for (const [place, index] of here.entries()) merged[index] = own[place] ?? none;
  for (const [place, index] of there.entries()) merged[index] = others[place] ?? none;
  return merged;
}

interface Indexed {
  readonly index: number;
}

/** What a part of a list was told, in terms of the whole list. */
const moved = <T extends Indexed>(facts: readonly T[], to: readonly number[]): T[] =>
  facts.map((fact) => ({ ...fact, index: to[fact.index] as number }));

export function mergeIndexed<T extends Indexed>({ here, there }: Parted, own: readonly T[], others: readonly T[]): T[] {
  return [...moved(own, here), ...moved(others, there)].sort((a, b) => a.index - b.index);
}

export type Refused = Extract<ReserveResult, { admitted: false }>;

/** What a part of the holds was refused for, in terms of all of them. */
export const refusalOf = ({ refusal, crossed }: Refused, to: readonly number[]): Refused => ({
  admitted: false,
  refusal: { ...refusal, index: to[refusal.index] as number },
  crossed: moved(crossed, to),
});
