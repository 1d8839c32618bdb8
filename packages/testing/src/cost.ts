import { RawJson } from './json.js';
import { type Nanos, nanosToExponent, nanosToText } from './money.js';
import type { CostForm } from './reply-options.js';

/** A cost as an answer writes it. */
export interface WrittenCost {
  /** As it stands in a header, or between the quotes of a string; `undefined` when it is left out. */
  readonly text: string | undefined;
  /** As it stands in a JSON body. */
  readonly json: RawJson | undefined;
}

const WRITERS: Record<Extract<CostForm, string>, (nanos: Nanos) => WrittenCost> = {
  number: (nanos) => same(nanosToText(nanos)),
  exponent: (nanos) => same(nanosToExponent(nanos)),
  string: (nanos) => quoted(nanos === 0 ? '0' : nanosToText(nanos, 4)),
  missing: () => ({ text: undefined, json: undefined }),
};

const same = (text: string): WrittenCost => ({ text, json: new RawJson(text) });

const quoted = (text: string): WrittenCost => ({ text, json: new RawJson(`"${text}"`) });

/** Writes an amount in the given form. */
export const writeCost = (nanos: Nanos, form: CostForm): WrittenCost =>
  typeof form === 'string' ? WRITERS[form](nanos) : same(form.raw);
