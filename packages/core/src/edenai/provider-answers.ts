import type { Nanos } from '../money.js';
import { type CostReading, readCost, sumCosts } from './cost.js';
import { jobPhase } from './jobs.js';
import { type JsonObject, NAME_LENGTH, readName } from './json-object.js';
import { type Span, scanElements, scanTopLevel } from './json-scan.js';
import { ScannedObject } from './scanned-object.js';

const KEYS = ['cost', 'status', 'provider'];

/** One provider's part of an answer. */
export interface ProviderAnswer {
  readonly name: string | undefined;
  readonly said: JsonObject;
}

/** One provider's part of a cost. */
export interface Share {
  readonly provider: string;
  readonly nanos: Nanos;
}

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/**
 * What each provider of a v2 call answered: one object under its name; with `response_as_dict: false` a list of them; in a
 * job either of these below `results` (Eden AI wire notes, "Where the cost is"). None when the body was cut.
 */
export function providerAnswers(whole: Buffer): readonly ProviderAnswer[] {
  const scan = scanTopLevel(whole, 'all');
  if (scan.isObject && !scan.complete) return [];
  const results = scan.values.get('results');
  const first = results && whole[results.start];
  if (results && (first === OPEN_BRACE || first === OPEN_BRACKET)) {
    return providerAnswers(whole.subarray(results.start, results.end));
  }
  const spans: (readonly [name: string | undefined, span: Span])[] = scan.isObject
    ? [...scan.values]
    : (scanElements(whole) ?? []).map((span) => [undefined, span]);
  return spans
    .filter(([, { start }]) => whole[start] === OPEN_BRACE)
    .map(([name, { start, end }]) => {
      const said = ScannedObject.of(whole.subarray(start, end), KEYS);
      return { said, name: name?.slice(0, NAME_LENGTH) ?? readName(said, 'provider') };
    });
}

/** What each provider's part of a call came to; none where one does not say it. */
export function providerShares(providers: readonly ProviderAnswer[], maxNanos: Nanos): readonly Share[] {
  const shares = providers.flatMap(({ name, said }) => {
    const cost = readCost(said.text('cost'), maxNanos);
    return name !== undefined && cost.kind === 'amount' ? [{ provider: name, nanos: cost.nanos }] : [];
  });
  return shares.length === providers.length ? shares : [];
}

/** A v2 call costs what its providers cost together. */
export const providersCost = (providers: readonly ProviderAnswer[], maxNanos: Nanos): CostReading =>
  sumCosts(
    providers.map(({ said }) => readCost(said.text('cost'), maxNanos)),
    maxNanos,
  );

/** True when there are providers, and every one of them says that it failed. */
export const allFailed = (providers: readonly ProviderAnswer[]): boolean =>
  providers.length > 0 && providers.every(({ said }) => jobPhase(readName(said, 'status')) === 'failed');
