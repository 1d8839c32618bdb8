import { numberIn, type PricedCall, type Reply, seconds } from '../call.js';
import { priced } from './priced.js';

/** A PNG of one pixel. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** `POST /v3/images/generations` and `/images/edits`. */
export function imagesReply(call: PricedCall): Reply {
  const count = Math.max(1, numberIn(call.body, 'n', 1));
  const image = { b64_json: PIXEL.padEnd(Math.ceil((call.options.bodyBytes ?? 0) / count), 'A') };
  return {
    content: {
      json: priced(call, { created: seconds(call), data: Array.from({ length: count }, () => image) }),
    },
  };
}
