import { type JsonObject, NAME_LENGTH } from './json-object.js';

/** Asks for an answer's `edenai_metadata` (Eden AI wire notes, "More facts that decide a charge"). */
export const METADATA_HEADER = 'x-edenai-metadata';

/** One provider that Eden AI tried for a call. */
export interface Attempt {
  readonly provider?: string;
  readonly model?: string;
  /** The provider's HTTP status, as Eden AI says it. */
  readonly status?: number;
  readonly region?: string;
}

/** What an answer says of how it was made. */
export interface AnswerMetadata {
  /** The provider that answered. */
  readonly provider?: string;
  readonly region?: string;
  /** At most 8; absent when there are none. */
  readonly attempts?: readonly Attempt[];
  readonly isByok: boolean;
}

/** A call has at most three fallbacks. */
const ATTEMPTS_KEPT = 8;

/** The `edenai_metadata` of an answer, or of one event of a stream; `undefined` where there is none. */
export function readMetadata(part: JsonObject): AnswerMetadata | undefined {
  const block = part.value('edenai_metadata');
  if (!isTable(block)) return undefined;
  const attempts = (Array.isArray(block.attempts) ? block.attempts : []).filter(isTable).slice(0, ATTEMPTS_KEPT);
  const read = attempts.map(readAttempt);
  return {
    ...named({ provider: read.at(-1)?.provider, region: block.region }),
    ...(read.length > 0 && { attempts: read }),
    isByok: block.is_byok === true,
  };
}

const readAttempt = ({ provider, model, region, status }: Record<string, unknown>): Attempt => ({
  ...named({ provider, model, region }),
  ...(typeof status === 'number' && { status }),
});

/** Those of them that are names. */
const named = (values: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) =>
      typeof value === 'string' && value !== '' ? [[key, value.slice(0, NAME_LENGTH)]] : [],
    ),
  );

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
