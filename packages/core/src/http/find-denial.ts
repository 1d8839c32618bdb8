import { DENIAL_HEADER, type Denial, denialNamed, knownDenial } from '../denial.js';
import { CostError } from '../errors.js';

/** Where clients keep the answer's headers: openai, axios and got, the AI SDK. */
const HEADERS = ['headers', 'response', 'responseHeaders'] as const;
/** Where an error keeps the one it was made of: standard, AI SDK, LangChain, axios. */
const INNER = ['cause', 'lastError', 'error', 'errors', 'originalError'] as const;

const DEEPEST = 8;
const MOST = 1_000;

/**
 * Finds the denial behind an error that some client made of a 402: by its id alone, never by a status, so that another
 * service's 402 stays what it is. `undefined` when there is none, or when the id is not one of this process's.
 */
export function findDenial(error: unknown): Denial | undefined {
  return search(error, new Set(), 0);
}

/**
 * True when the app caught a denial and made an error of its own of it, with the status that it wants to answer: the
 * denial is then behind that error, and no longer in it.
 */
export function isAnsweredByApp(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || denialIn(error) !== undefined) return false;
  return ['status', 'statusCode'].some((key) => typeof read(error, key) === 'number');
}

function search(error: unknown, seen: Set<unknown>, depth: number): Denial | undefined {
  if (typeof error !== 'object' || error === null || seen.has(error) || depth > DEEPEST || seen.size >= MOST)
    return undefined;
  seen.add(error);
  const own = denialIn(error);
  if (own !== undefined) return own;
  for (const key of INNER) {
    const inner = read(error, key);
    for (const one of Array.isArray(inner) ? inner : [inner]) {
      const found = search(one, seen, depth + 1);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function denialIn(error: object): Denial | undefined {
  if (error instanceof CostError) {
    const id = read(error, 'denialId');
    return typeof id === 'string' ? knownDenial(id) : undefined;
  }
  for (const key of HEADERS) {
    const holder = read(error, key);
    const denial = denialOf(holder) ?? denialOf(read(holder, 'headers'));
    if (denial !== undefined) return denial;
  }
  return undefined;
}

function denialOf(headers: unknown): Denial | undefined {
  const get = read(headers, 'get');
  let value: unknown;
  try {
    value = typeof get === 'function' ? get.call(headers, DENIAL_HEADER) : read(headers, DENIAL_HEADER);
  } catch {
    return undefined;
  }
  if (Array.isArray(value)) value = value.join(',');
  return typeof value === 'string' ? denialNamed(value) : undefined;
}

/** Reads a property of anything; a getter that throws has none. */
export function read(holder: unknown, key: string): unknown {
  try {
    return (holder as Record<string, unknown> | null | undefined)?.[key];
  } catch {
    return undefined;
  }
}
