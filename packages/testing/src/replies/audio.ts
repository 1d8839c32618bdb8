import { isStreamed, type PricedCall, type Reply } from '../call.js';
import { providerOf } from '../naming.js';
import { answerText } from '../tokens.js';
import { priced } from './priced.js';

const DEFAULT_AUDIO_BYTES = 4096;

/** Formats that have no place for a cost. */
const TEXT_FORMATS: Record<string, (text: string) => string> = {
  text: (text) => `${text}\n`,
  srt: (text) => `1\n00:00:00,000 --> 00:00:01,000\n${text}\n`,
  vtt: (text) => `WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n${text}\n`,
};

/** `POST /v3/audio/transcriptions`: a cost in the JSON formats only. */
export function transcriptionReply(call: PricedCall): Reply {
  const text = answerText(call);
  const format = String(call.body.response_format ?? 'json');
  const write = TEXT_FORMATS[format];
  if (write) return { silent: true, content: { text: write(text), type: 'text/plain; charset=utf-8' } };
  const verbose = {
    task: 'transcribe',
    language: 'english',
    duration: 1,
    segments: [{ id: 0, start: 0, end: 1, text }],
  };
  return { content: { json: priced(call, { text, ...(format === 'verbose_json' && verbose) }) } };
}

/** `POST /v3/audio/speech`: bytes, with the cost in a header. */
export function speechReply(call: PricedCall): Reply {
  const { body, cost, options } = call;
  const bytes = Buffer.alloc(options.bodyBytes ?? DEFAULT_AUDIO_BYTES, 0x55);
  bytes.write('ID3');
  return {
    headers: {
      ...(cost.written.text !== undefined && { 'x-edenai-cost': cost.written.text }),
      'x-edenai-provider': providerOf(call),
    },
    content: { bytes, type: 'audio/mpeg', chunked: isStreamed(call) || body.stream_format !== undefined },
  };
}
