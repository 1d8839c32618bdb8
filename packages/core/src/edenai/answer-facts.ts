import type { Nanos } from '../money.js';
import type { CallKind } from './classify.js';
import { type CostReading, laterCost, MISSING_COST, readCost, sumCosts } from './cost.js';
import { readSpan, type Scan, scanHead, scanTail, scanTopLevel, spanText } from './json-scan.js';
import { readUsage, type TokenUsage } from './usage.js';

/** What an answer says about itself, whatever its shape. */
export interface AnswerFacts {
  readonly cost: CostReading;
  readonly usage?: TokenUsage;
  /** The answer's own spelling, which may differ from the one asked for. */
  readonly model?: string;
  readonly provider?: string;
  /** The account's own provider key was used: `cost` is notional and nothing leaves the credits. */
  readonly isByok: boolean;
  /** A job's or video's status as written (see `jobPhase`). */
  readonly status?: string;
  /** A job's or video's id. */
  readonly id?: string;
}

/**
 * The whole body, or the first and last bytes of a large one. Where a body was cut off, its last bytes say nothing: the
 * last `}` may close a nested object, whose `cost` is not the answer's. Then `tail` is left out.
 */
export type JsonAnswer = { readonly whole: Buffer } | { readonly head: Buffer; readonly tail?: Buffer };

/** A scanned object together with the bytes that its spans point into. */
export interface ScannedObject {
  readonly body: Buffer;
  readonly scan: Scan;
}

const KEYS = ['cost', 'usage', 'model', 'provider', 'edenai_metadata', 'status', 'public_id', 'id'];

const HAS_JOB: ReadonlySet<string> = new Set(['job', 'video', 'poll']);

/** A name is for logs and rate cards; nothing longer is one. */
const NAME_LENGTH = 256;

/**
 * Reads a JSON answer that was not streamed (Eden AI wire notes, "Where the cost is"; public pages "Universal Ai" and
 * "Getting Started with Eden AI V3 API", which show its cost as a text and as a number).
 *
 * @param maxNanos integer nano-USD; a cost above it is not believed
 */
export function readJsonAnswer(kind: CallKind, answer: JsonAnswer, maxNanos: Nanos): AnswerFacts {
  const parts = scanParts(answer);
  const name = (key: string) => firstOf(parts, (part) => readName(part, key));
  const usage = firstOf(parts, (part) => readUsage(member(part, 'usage')));
  const model = name('model');
  const provider = name('provider');
  const status = HAS_JOB.has(kind.operation) ? name('status') : undefined;
  const id = HAS_JOB.has(kind.operation) ? (name('public_id') ?? name('id')) : undefined;
  return {
    cost: bodyCost(kind, answer, parts, maxNanos),
    isByok: firstOf(parts, readByok) ?? false,
    ...(usage && { usage }),
    ...(model && { model }),
    ...(provider && { provider }),
    ...(status && { status }),
    ...(id && { id }),
  };
}

/** Reads the answer of `/audio/speech`, whose body is sound (Eden AI wire notes, "Where the cost is"). */
export function headerFacts(get: (name: string) => string | undefined, maxNanos: Nanos): AnswerFacts {
  const provider = get('x-edenai-provider')?.slice(0, NAME_LENGTH);
  return { cost: readCost(get('x-edenai-cost'), maxNanos), isByok: false, ...(provider && { provider }) };
}

/** The raw text of `usage.cost`, where the responses endpoint writes it too. */
export function usageCost(part: ScannedObject): string | undefined {
  const usage = nested(part, 'usage');
  return usage && spanText(usage.body, usage.scan.values.get('cost'));
}

/** `edenai_metadata.is_byok`; `undefined` when it is not said. */
export function readByok(part: ScannedObject): boolean | undefined {
  const metadata = nested(part, 'edenai_metadata', ['is_byok']);
  const text = metadata && spanText(metadata.body, metadata.scan.values.get('is_byok'));
  return text === undefined ? undefined : text === 'true';
}

/** A short, non-empty string value. */
export function readName(part: ScannedObject, key: string): string | undefined {
  const value = member(part, key);
  return typeof value === 'string' && value !== '' ? value.slice(0, NAME_LENGTH) : undefined;
}

/** The parsed value of a key. */
export const member = ({ body, scan }: ScannedObject, key: string): unknown => readSpan(body, scan.values.get(key));

/** Scans the object that is the value of a key. */
export function nested(part: ScannedObject, key: string, keys: readonly string[] = KEYS): ScannedObject | undefined {
  const span = part.scan.values.get(key);
  if (span === undefined) return undefined;
  const body = part.body.subarray(span.start, span.end);
  return { body, scan: scanTopLevel(body, keys) };
}

/** The end comes first: of a duplicate key the last one counts. */
function scanParts(answer: JsonAnswer): readonly ScannedObject[] {
  if ('whole' in answer) return [{ body: answer.whole, scan: scanTopLevel(answer.whole, KEYS) }];
  const head = { body: answer.head, scan: scanHead(answer.head, KEYS) };
  return answer.tail ? [{ body: answer.tail, scan: scanTail(answer.tail, KEYS) }, head] : [head];
}

function bodyCost(kind: CallKind, answer: JsonAnswer, parts: readonly ScannedObject[], maxNanos: Nanos): CostReading {
  const raw = firstOf(parts, ({ body, scan }) => spanText(body, scan.values.get('cost')));
  const cost = readCost(raw, maxNanos);
  if (cost.kind === 'amount') return cost;
  if (kind.operation === 'responses') return laterCost(cost, readCost(firstOf(parts, usageCost), maxNanos));
  return kind.family === 'v2' && 'whole' in answer ? laterCost(cost, providersCost(answer.whole, maxNanos)) : cost;
}

/** v2 answers one object per provider, in a job below `results`. Only a whole body has them all. */
function providersCost(whole: Buffer, maxNanos: Nanos): CostReading {
  const scan = scanTopLevel(whole, 'all');
  if (!scan.complete) return MISSING_COST;
  const results = scan.values.get('results');
  if (results && whole[results.start] === 0x7b)
    return providersCost(whole.subarray(results.start, results.end), maxNanos);
  const costs = Array.from(scan.values.values(), ({ start, end }) => {
    const provider = whole.subarray(start, end);
    return readCost(spanText(provider, scanTopLevel(provider, ['cost']).values.get('cost')), maxNanos);
  });
  return sumCosts(costs, maxNanos);
}

function firstOf<T>(parts: readonly ScannedObject[], read: (part: ScannedObject) => T | undefined): T | undefined {
  for (const part of parts) {
    const value = read(part);
    if (value !== undefined) return value;
  }
  return undefined;
}
