import type { Nanos } from '../money.js';
import type { Writable } from '../writable.js';
import type { CallKind } from './classify.js';
import { type CostReading, laterCost, MISSING_COST, readCost } from './cost.js';
import { jobIdOf, jobPhase } from './jobs.js';
import { ANSWER_KEYS, firstOf, type JsonObject, NAME_LENGTH, readName, readRaw, readText } from './json-object.js';
import { type AnswerMetadata, readMetadata } from './metadata.js';
import {
  allFailed,
  type ProviderAnswer,
  providerAnswers,
  providerShares,
  providersCost,
  type Share,
} from './provider-answers.js';
import { readObject } from './read-object.js';
import { ScannedObject } from './scanned-object.js';
import { readUsage, type TokenUsage } from './usage.js';

/** What an answer says about itself, whatever its shape. */
export interface AnswerFacts {
  readonly cost: CostReading;
  readonly usage?: TokenUsage;
  /** The output is not in `usage` yet: a stream counts it when it ends, and until then says a placeholder. */
  readonly usageIsEarly?: true;
  /** The answer's own spelling, which may differ from the one asked for. */
  readonly model?: string;
  readonly provider?: string;
  /** What a Universal AI call was for, as a consumption report names it: `ocr__invoice_parser`. */
  readonly feature?: string;
  /** The cost of a v2 call to several providers, by provider. */
  readonly shares?: readonly Share[];
  /** The account's own provider key was used: `cost` is notional and nothing leaves the credits. */
  readonly isByok: boolean;
  /** `edenai_metadata`, where the answer has it. */
  readonly metadata?: AnswerMetadata;
  /** A job's or video's status as written (see `jobPhase`). */
  readonly status?: string;
  /** A job's or video's id. */
  readonly id?: string;
  /** The provider failed, or all of them did: that is free, unless a cost is said. */
  readonly failed?: true;
}

/** Of a call that has no answer, or one that cannot be read. */
export const NOTHING_KNOWN: AnswerFacts = { cost: MISSING_COST, isByok: false };

/**
 * The whole body, or the first and last bytes of a large one. Where a body was cut off, its last bytes say nothing: the
 * last `}` may close a nested object, whose `cost` is not the answer's. Then `tail` is left out.
 */
export type JsonAnswer = { readonly whole: Buffer } | { readonly head: Buffer; readonly tail?: Buffer };

const NO_PROVIDERS: readonly ProviderAnswer[] = [];

const HAS_JOB: ReadonlySet<string> = new Set(['job', 'video', 'poll']);

/**
 * Reads a JSON answer that was not streamed (Eden AI wire notes, "Where the cost is"; public pages "Universal Ai" and
 * "Getting Started with Eden AI V3 API", which show its cost as a text and as a number).
 *
 * @param maxNanos integer nano-USD; a cost above it is not believed
 */
export function readJsonAnswer(kind: CallKind, answer: JsonAnswer, maxNanos: Nanos): AnswerFacts {
  const parts = readParts(answer);
  const usage = firstOf(parts, usageOf);
  const model = firstOf(parts, readName, 'model');
  const providers = kind.family === 'v2' && 'whole' in answer ? providerAnswers(answer.whole) : NO_PROVIDERS;
  const shares = providerShares(providers, maxNanos);
  const provider = firstOf(parts, readName, 'provider') ?? (shares.length === 1 ? shares[0]?.provider : undefined);
  const status = HAS_JOB.has(kind.operation) ? firstOf(parts, readName, 'status') : undefined;
  const id = HAS_JOB.has(kind.operation) ? readId(parts) : undefined;
  const metadata = firstOf(parts, readMetadata);
  const feature = kind.family === 'universal' ? readFeature(parts) : undefined;
  const facts: Writable<AnswerFacts> = {
    cost: bodyCost(kind, parts, providers, maxNanos),
    isByok: firstOf(parts, readByok) ?? false,
  };
  if (usage !== undefined) facts.usage = usage;
  if (model !== undefined) facts.model = model;
  if (provider !== undefined) facts.provider = provider;
  if (metadata !== undefined) facts.metadata = metadata;
  if (feature !== undefined) facts.feature = feature;
  if (shares.length > 1) facts.shares = shares;
  if (status !== undefined) facts.status = status;
  if (id !== undefined) facts.id = jobIdOf(id);
  if (kind.operation === 'feature' && (allFailed(providers) || saysFailure(parts))) facts.failed = true;
  return facts;
}

const usageOf = (part: JsonObject): TokenUsage | undefined => readUsage(part.value('usage'));

function readFeature(parts: readonly JsonObject[]): string | undefined {
  const feature = firstOf(parts, readName, 'feature');
  const subfeature = firstOf(parts, readName, 'subfeature');
  return feature === undefined || subfeature === undefined ? undefined : `${feature}__${subfeature}`;
}

/**
 * Reads the headers in which `/audio/speech`, whose body is sound, says its cost (Eden AI wire notes, "Where the cost is").
 */
export function headerFacts(get: (name: string) => string | undefined, maxNanos: Nanos): AnswerFacts {
  const provider = get('x-edenai-provider')?.slice(0, NAME_LENGTH);
  return { cost: readCost(get('x-edenai-cost'), maxNanos), isByok: false, ...(provider && { provider }) };
}

/** What the headers say where the body does not: a body knows more, and a header is written before a stream has its cost. */
export const withHeaders = (body: AnswerFacts, headers: AnswerFacts): AnswerFacts =>
  headers.cost.kind === 'missing' && headers.provider === undefined
    ? body
    : { ...headers, ...body, cost: laterCost(headers.cost, body.cost) };

/** The raw text of `usage.cost`, where the responses endpoint writes it too. */
export function usageCost(part: JsonObject): string | undefined {
  return part.nested('usage')?.text('cost');
}

const METADATA_KEYS = ['is_byok'];

/** `edenai_metadata.is_byok`; `undefined` when it is not said. */
export function readByok(part: JsonObject): boolean | undefined {
  const text = part.nested('edenai_metadata', METADATA_KEYS)?.text('is_byok');
  return text === undefined ? undefined : text === 'true';
}

/** A video has an `id`; of a Universal AI job it may be something else's. */
const readId = (parts: readonly JsonObject[]): string | undefined =>
  firstOf(parts, readText, 'public_id') ?? firstOf(parts, readText, 'id');

/** The end comes first: of a duplicate key the last one counts. */
function readParts(answer: JsonAnswer): readonly JsonObject[] {
  if ('whole' in answer) return [readObject(answer.whole, ANSWER_KEYS)];
  const head = ScannedObject.ofHead(answer.head, ANSWER_KEYS);
  return answer.tail ? [ScannedObject.ofTail(answer.tail, ANSWER_KEYS), head] : [head];
}

function bodyCost(
  kind: CallKind,
  parts: readonly JsonObject[],
  providers: readonly ProviderAnswer[],
  maxNanos: Nanos,
): CostReading {
  const cost = readCost(firstOf(parts, readRaw, 'cost'), maxNanos);
  if (cost.kind === 'amount') return cost;
  if (kind.operation === 'responses') return laterCost(cost, readCost(firstOf(parts, usageCost), maxNanos));
  return laterCost(cost, providersCost(providers, maxNanos));
}

/** A failed provider is a 200 too. Where a body was cut, its cost may be in what is missing. */
const saysFailure = ([part]: readonly JsonObject[]): boolean =>
  part?.complete === true && jobPhase(readName(part, 'status')) === 'failed';
