import type { Nanos } from '../money.js';
import { type AnswerFacts, member, nested, readByok, readName, type ScannedObject, usageCost } from './answer-facts.js';
import type { Family } from './classify.js';
import { type CostReading, laterCost, MISSING_COST, readCost } from './cost.js';
import { scanTopLevel, spanText } from './json-scan.js';
import { readUsage, type TokenUsage } from './usage.js';

/** One server-sent event, its `data` lines joined. */
export interface StreamEvent {
  readonly name: string;
  /** UTF-8. */
  readonly data: Buffer;
}

const KEYS = [
  'type',
  'error',
  'cost',
  'usage',
  'choices',
  'model',
  'provider',
  'edenai_metadata',
  'response',
  'message',
];

/** The last events of a responses stream; only they carry the cost. */
const RESPONSE_END = /^response\.(?:completed|incomplete|failed)$/;

const FAILURE = /^(?:error|response\.failed)$/;

/** What the events of one stream have said so far (Eden AI wire notes, "Where the cost is", column "Streamed"). */
export class StreamFacts {
  /** An error frame came after the 200. */
  sawError = false;
  /** The stream came to its own end: `[DONE]`, the last event of a response, or `message_stop`. */
  sawEnd = false;
  /** A choice, or the response, is finished: what follows is the accounting. */
  finished = false;

  #cost: CostReading = MISSING_COST;
  #usage: Record<string, unknown> = {};
  #tokens: TokenUsage | undefined;
  #model: string | undefined;
  #provider: string | undefined;
  #isByok = false;

  constructor(
    private readonly family: Family,
    private readonly maxNanos: Nanos,
  ) {}

  get facts(): AnswerFacts {
    return {
      cost: this.#cost,
      isByok: this.#isByok,
      ...(this.#tokens && { usage: this.#tokens }),
      ...(this.#model && { model: this.#model }),
      ...(this.#provider && { provider: this.#provider }),
    };
  }

  read({ name, data }: StreamEvent): void {
    if (data.length <= 8 && data.toString('latin1').trim() === '[DONE]') {
      this.sawEnd = true;
      return;
    }
    const frame = { body: data, scan: scanTopLevel(data, KEYS) };
    const type = readName(frame, 'type') ?? name;
    const error = member(frame, 'error');
    if (FAILURE.test(type) || FAILURE.test(name) || (error ?? false) !== false) this.sawError = true;
    const isResponseEnd = RESPONSE_END.test(type);
    if (isResponseEnd || type === 'message_stop') this.sawEnd = this.finished = true;
    if (hasFinishReason(frame)) this.finished = true;
    for (const part of [frame, nested(frame, 'response'), nested(frame, 'message')]) {
      if (part) this.#absorb(part, isResponseEnd);
    }
  }

  /** The responses and messages shapes wrap the answer's own fields in `response` and `message`. */
  #absorb(part: ScannedObject, isResponseEnd: boolean): void {
    this.#model = readName(part, 'model') ?? this.#model;
    this.#provider = readName(part, 'provider') ?? this.#provider;
    this.#isByok = readByok(part) ?? this.#isByok;
    const usage = member(part, 'usage');
    const hasUsage = typeof usage === 'object' && usage !== null;
    if (hasUsage) this.#absorbUsage(usage as Record<string, unknown>);
    this.#absorbCost(part, hasUsage, isResponseEnd);
  }

  /**
   * An Anthropic stream counts the input in `message_start` and the output, cumulatively, in `message_delta`, where
   * gateways repeat the input as 0. Of the other shapes the last count is the whole one.
   */
  #absorbUsage(usage: Record<string, unknown>): void {
    const before = this.family === 'anthropic' ? this.#usage : {};
    const grown = Object.entries(usage).filter(
      ([key, value]) => value !== null && !(Number(before[key]) > Number(value)),
    );
    this.#usage = { ...before, ...Object.fromEntries(grown) };
    this.#tokens = readUsage(this.#usage) ?? this.#tokens;
  }

  /** A 0 before the end is a placeholder: a stream that is cut after it was not free. */
  #absorbCost(part: ScannedObject, hasUsage: boolean, isResponseEnd: boolean): void {
    const inUsage = readCost(isResponseEnd ? usageCost(part) : undefined, this.maxNanos);
    const cost = laterCost(inUsage, readCost(spanText(part.body, part.scan.values.get('cost')), this.maxNanos));
    const placeholder = cost.kind === 'amount' && cost.nanos === 0 && !hasUsage && !this.finished && !this.sawError;
    if (!placeholder) this.#cost = laterCost(this.#cost, cost);
  }
}

function hasFinishReason(frame: ScannedObject): boolean {
  const choices = member(frame, 'choices');
  return (
    Array.isArray(choices) &&
    choices.some((choice) => typeof choice?.finish_reason === 'string' && choice.finish_reason !== '')
  );
}
