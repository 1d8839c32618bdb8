import { numberIn, type PricedCall, type Reply } from '../call.js';
import { echoedModel } from '../naming.js';
import { countTokens } from '../tokens.js';
import { priced } from './priced.js';

const DEFAULT_DIMENSIONS = 8;
const BYTES_PER_FLOAT = 20;

/** Multiples of 1/1024, so that 32-bit floats hold them exactly. */
const vector = (dimensions: number): number[] =>
  Array.from({ length: dimensions }, (_, index) => ((index * 37) % 1024) / 1024);

const inBase64 = (floats: number[]): string => Buffer.from(Float32Array.from(floats).buffer).toString('base64');

/** `POST /v3/embeddings`. */
export function embeddingsReply(call: PricedCall): Reply {
  const { body, options } = call;
  const inputs = Array.isArray(body.input) && typeof body.input[0] !== 'number' ? body.input.length : 1;
  const filling = Math.ceil((options.bodyBytes ?? 0) / BYTES_PER_FLOAT / inputs);
  const floats = vector(Math.max(numberIn(body, 'dimensions', DEFAULT_DIMENSIONS), filling));
  const embedding = body.encoding_format === 'base64' ? inBase64(floats) : floats;
  const { input } = countTokens(call);
  return {
    content: {
      json: priced(call, {
        object: 'list',
        data: Array.from({ length: inputs }, (_, index) => ({ object: 'embedding', index, embedding })),
        model: echoedModel(call),
        usage: { prompt_tokens: input, total_tokens: input },
      }),
    },
  };
}
