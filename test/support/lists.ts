export const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

export const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, number) => total + number, 0);

export const countOf = <T>(list: readonly T[], wanted: T): number => list.filter((one) => one === wanted).length;
