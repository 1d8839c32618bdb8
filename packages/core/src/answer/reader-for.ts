import { type AnswerFacts, headerFacts } from '../edenai/answer-facts.js';
import type { CallKind } from '../edenai/classify.js';
import type { HeaderLookup } from '../exchange.js';
import type { Nanos } from '../money.js';
import { remembered } from '../remembered.js';
import { codecOf, isIdentity } from './decoder.js';
import { EncodedReader } from './encoded-reader.js';
import { EventReader } from './event-reader.js';
import { JsonReader } from './json-reader.js';
import type { Reader } from './reader.js';

export interface AnswerHead {
  readonly kind: CallKind;
  readonly header: HeaderLookup;
  readonly hasBody: boolean;
  /** The usage of this stream was asked for by the meter: its event is taken out again. */
  readonly asked: boolean;
  readonly maxNanos: Nanos;
}

/** A server has a handful of types. */
const shapeOf = remembered(64, (type): 'stream' | 'json' | 'other' => {
  if (/^\s*text\/event-stream/i.test(type)) return 'stream';
  return type === '' || /json/i.test(type) ? 'json' : 'other';
});

/** Picks the reader for an answer by its type: a cost in the headers stands in for one that the body does not say. */
export function readerFor({ kind, header, hasBody, asked, maxNanos }: AnswerHead): Reader {
  const shape = shapeOf(header('content-type') ?? '');
  const encoding = header('content-encoding');
  const isPlain = isIdentity(encoding);
  const headers = headerFacts(header, maxNanos);
  if (!hasBody || shape === 'other') return new HeaderReader(headers);
  const length = isPlain ? header('content-length') : undefined;
  const isStream = shape === 'stream';
  // a length or an encoding would no longer fit a stream that an event is taken out of
  const strip = asked && isPlain && length === undefined;
  const reader = isStream
    ? new EventReader({ operation: kind.operation, family: kind.family, maxNanos, strip }, headers)
    : new JsonReader(kind, headers, maxNanos, lengthOf(length));
  if (isPlain) return reader;
  const codec = codecOf(encoding as string);
  return codec === undefined ? new HeaderReader(headers) : new EncodedReader(reader, codec, isStream);
}

const lengthOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;

/** For answers whose body says nothing: sound, text, or none at all. */
class HeaderReader implements Reader {
  constructor(private readonly known: AnswerFacts) {}

  push(chunk: Buffer): Buffer {
    return chunk;
  }

  end(): undefined {
    return undefined;
  }

  facts(): AnswerFacts {
    return this.known;
  }
}
