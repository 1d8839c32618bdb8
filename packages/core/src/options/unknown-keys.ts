import { OptionsError } from '../errors.js';
import { nearest } from './nearest.js';

/**
 * Refuses an option that does not exist: a misspelt limit would otherwise be no limit.
 *
 * @param path where the object stands in the options, such as `budgets[2]`; `''` for the options themselves
 * @throws {OptionsError} `ERR_COST_OPTIONS`
 */
export function rejectUnknownKeys(object: object, known: readonly string[], path: string): void {
  for (const key of Object.keys(object)) {
    if (known.includes(key)) continue;
    const meant = nearest(key, known);
    const hint = meant === undefined ? `known are ${known.join(', ')}` : `did you mean "${meant}"?`;
    throw new OptionsError(`${path === '' ? key : `${path}.${key}`} is not an option; ${hint}`);
  }
}
