import { type Span, scanTopLevel, spanText } from './json-scan.js';

/** One replacement of bytes; `start === end` inserts. */
interface Splice extends Span {
  readonly text: string;
}

const ASK = '"include_usage":true';
const STREAM_KEYS = ['stream', 'stream_options'];

/**
 * Asks a chat stream for its usage, without which it has no cost (Eden AI wire notes, "Where the cost is"):
 * `stream_options.include_usage` becomes true by splicing bytes. Serialising anew would change the order of
 * keys and the spelling of numbers; here every other byte stays as it was.
 *
 * @returns `undefined` when nothing needs or may be changed: it asks already, or says explicitly that it does not want it,
 * is not streamed, or is no whole JSON object
 */
export function askForUsage(body: Buffer): Buffer | undefined {
  const { complete, values } = scanTopLevel(body, STREAM_KEYS);
  if (!complete || spanText(body, values.get('stream')) !== 'true') return undefined;
  const splice = findSplice(body, values.get('stream_options'));
  if (splice === undefined) return undefined;
  return Buffer.concat([body.subarray(0, splice.start), Buffer.from(splice.text), body.subarray(splice.end)]);
}

function findSplice(body: Buffer, options: Span | undefined): Splice | undefined {
  if (options === undefined) {
    const close = body.lastIndexOf('}');
    return { start: close, end: close, text: `,"stream_options":{${ASK}}` };
  }
  if (spanText(body, options) === 'null') return { ...options, text: `{${ASK}}` };

  const { complete, values } = scanTopLevel(body.subarray(options.start, options.end), 'all');
  if (!complete) return undefined;
  const asked = values.get('include_usage');
  if (asked === undefined) {
    const start = options.start + 1;
    return { start, end: start, text: values.size === 0 ? ASK : `${ASK},` };
  }
  const [start, end] = [options.start + asked.start, options.start + asked.end];
  return spanText(body, { start, end }) === 'null' ? { start, end, text: 'true' } : undefined;
}
