import type { Nanos } from '../money.js';
import { type AnswerFacts, readByok, usageCost } from './answer-facts.js';
import type { Family } from './classify.js';
import { type CostReading, isZero, laterCost, MISSING_COST, readCost } from './cost.js';
import { ANSWER_KEYS, firstOf, type JsonObject, readName, readValue } from './json-object.js';
import { type AnswerMetadata, readMetadata } from './metadata.js';
import { readObject } from './read-object.js';
import { ScannedObject } from './scanned-object.js';
import { StreamTokens } from './stream-tokens.js';

/** One server-sent event, its `data` lines joined. */
export interface StreamEvent {
  readonly name: string;
  /** UTF-8. */
  readonly data: Buffer;
}

/** Both ends of an event that is too long to be read whole. */
export interface LongStreamEvent {
  readonly name: string;
  readonly head: Buffer;
  readonly tail: Buffer;
}

/** The responses and messages shapes wrap the answer's own fields in one of these. */
const WRAPPERS = ['response', 'message'];

const KEYS = ['type', 'error', 'delta', 'choices', ...ANSWER_KEYS, ...WRAPPERS];

/** The last events of a responses stream; only they carry the cost. */
const RESPONSE_END = /^response\.(?:completed|incomplete|failed)$/;

const FAILURE = /^(?:error|response\.failed)$/;

/** What the events of one stream have said so far (Eden AI wire notes, "Where the cost is", column "Streamed"). */
export class StreamFacts {
  /** An error frame came after the 200. */
  sawError = false;
  /** The stream came to its own end: `[DONE]`, the last event of a response, or `message_stop`. */
  sawEnd = false;
  /** A choice, the message or the response is finished: what follows is the accounting. */
  finished = false;

  #cost: CostReading = MISSING_COST;
  /** A 0 that came with a count of tokens before the stream was finished. */
  #earlyZero: CostReading = MISSING_COST;
  /** An event came that only counts tokens: it is the last but `[DONE]`. */
  #sawUsageEvent = false;
  /** The tokens were counted with or after the finish. */
  #countedAtEnd = false;
  readonly #tokens: StreamTokens;
  #model: string | undefined;
  #provider: string | undefined;
  #isByok = false;
  #metadata: AnswerMetadata | undefined;

  constructor(
    family: Family,
    private readonly maxNanos: Nanos,
  ) {
    this.#tokens = new StreamTokens(family);
  }

  get facts(): AnswerFacts {
    const { usage, grew } = this.#tokens;
    return {
      cost: this.#isOver && this.#cost.kind === 'missing' ? this.#earlyZero : this.#cost,
      isByok: this.#isByok,
      ...(usage && { usage }),
      ...(usage && !(grew || this.#countedAtEnd || this.sawEnd) && { usageIsEarly: true }),
      ...(this.#model && { model: this.#model }),
      ...(this.#provider && { provider: this.#provider }),
      ...(this.#metadata && { metadata: this.#metadata }),
    };
  }

  read({ name, data }: StreamEvent): void {
    if (data.length <= 8 && data.toString('latin1').trim() === '[DONE]') {
      this.sawEnd = true;
      return;
    }
    const frame = readObject(data, KEYS);
    this.#take(name, [frame], wrapped(frame));
  }

  /** The middle of such an event is a wrapped answer's output: what it costs stands at the end, below the wrapper's key. */
  readEnds({ name, head, tail }: LongStreamEvent): void {
    const front = ScannedObject.ofHead(head, KEYS);
    const back = ScannedObject.ofTail(tail, KEYS);
    const [begins, ends] = [front.cut, back.cut];
    const inside: JsonObject[] = [];
    if (begins !== undefined && ends !== undefined && WRAPPERS.includes(begins.key ?? '')) {
      inside.push(ScannedObject.ofHead(head.subarray(begins.at), ANSWER_KEYS));
      inside.push(ScannedObject.ofTail(tail.subarray(0, ends.at), ANSWER_KEYS));
    }
    this.#take(name, [front, back], [...wrapped(front), ...inside, ...wrapped(back)]);
  }

  #take(name: string, frames: readonly JsonObject[], inside: readonly JsonObject[]): void {
    const type = firstOf(frames, readName, 'type') ?? name;
    const error = firstOf(frames, readValue, 'error');
    if (FAILURE.test(type) || FAILURE.test(name) || (error ?? false) !== false) this.sawError = true;
    const isResponseEnd = RESPONSE_END.test(type);
    if (isResponseEnd || type === 'message_stop') this.sawEnd = this.finished = true;
    if (frames.some(hasFinishReason)) this.finished = true;
    for (const frame of frames) this.#absorb(frame, isResponseEnd, frame.value('choices'));
    for (const part of inside) this.#absorb(part, isResponseEnd, undefined);
  }

  #absorb(part: JsonObject, isResponseEnd: boolean, choices: unknown): void {
    this.#model = readName(part, 'model') ?? this.#model;
    this.#provider = readName(part, 'provider') ?? this.#provider;
    this.#isByok = readByok(part) ?? this.#isByok;
    this.#metadata = readMetadata(part) ?? this.#metadata; // a later error corrects what the first event said
    const hasUsage = this.#tokens.add(part.value('usage'));
    if (hasUsage && isWithoutContent(choices)) this.#sawUsageEvent = true;
    if (hasUsage && this.#isOver) this.#countedAtEnd = true;
    this.#absorbCost(part, hasUsage, isResponseEnd);
  }

  /** A 0 before the end is a placeholder: a stream that is cut after it was not free. */
  #absorbCost(part: JsonObject, hasUsage: boolean, isResponseEnd: boolean): void {
    const inUsage = readCost(isResponseEnd ? usageCost(part) : undefined, this.maxNanos);
    const cost = laterCost(inUsage, readCost(part.text('cost'), this.maxNanos));
    if (!isZero(cost) || this.#isOver || this.sawError) this.#cost = laterCost(this.#cost, cost);
    else if (hasUsage) this.#earlyZero = cost;
  }

  get #isOver(): boolean {
    return this.finished || this.sawEnd || this.#sawUsageEvent;
  }
}

const wrapped = (frame: JsonObject): readonly JsonObject[] =>
  WRAPPERS.map((key) => frame.nested(key)).filter((part) => part !== undefined);

/** No choice, or nothing in their deltas: the first event of a chat has its `role`, and says no more than that either. */
const isWithoutContent = (choices: unknown): boolean =>
  Array.isArray(choices) &&
  choices.every((choice) => Object.values(choice?.delta ?? {}).every((value) => value === null));

const isReason = (value: unknown): boolean => typeof value === 'string' && value !== '';

/** A chat finishes choice by choice, a message in its last `message_delta`. */
function hasFinishReason(frame: JsonObject): boolean {
  const choices = frame.value('choices');
  const delta = frame.value('delta') as { stop_reason?: unknown } | null | undefined;
  return (
    (Array.isArray(choices) && choices.some((choice) => isReason(choice?.finish_reason))) ||
    isReason(delta?.stop_reason)
  );
}
