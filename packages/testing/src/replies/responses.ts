import { type Call, isStreamed, type PricedCall, type Reply, type StreamEvent, seconds } from '../call.js';
import { metadataOf } from '../metadata.js';
import { echoedModel } from '../naming.js';
import { answerText, countTokens, splitText } from '../tokens.js';
import { costKey, priced } from './priced.js';

const DEFAULT_CHUNKS = 4;

function responsesUsage(call: PricedCall): Record<string, unknown> {
  const { input, output, cached } = countTokens(call);
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
    ...costKey(call),
    ...call.options.usageExtra,
  };
}

const textPart = (text: string) => ({ type: 'output_text', text, annotations: [] });

const message = (call: Call, status: string, text?: string) => ({
  id: `msg_${call.request.id}`,
  type: 'message',
  role: 'assistant',
  status,
  content: text === undefined ? [] : [textPart(text)],
});

const envelope = (call: Call, status: string, output: unknown[]) => ({
  id: `resp_${call.request.id}`,
  object: 'response',
  created_at: seconds(call),
  status,
  model: echoedModel(call),
  output,
});

function responsesEvents(call: PricedCall): StreamEvent[] {
  const text = answerText(call);
  const place = { item_id: `msg_${call.request.id}`, output_index: 0, content_index: 0 };
  const started = { ...envelope(call, 'in_progress', []), usage: null };
  const completed = { ...envelope(call, 'completed', [message(call, 'completed', text)]), usage: responsesUsage(call) };
  const events: [type: string, fields: Record<string, unknown>][] = [
    ['response.created', { response: started, ...metadataOf(call) }],
    ['response.in_progress', { response: started }],
    ['response.output_item.added', { output_index: 0, item: message(call, 'in_progress') }],
    ['response.content_part.added', { ...place, part: textPart('') }],
    ...splitText(text, call.options.chunks ?? DEFAULT_CHUNKS).map((delta): [string, Record<string, unknown>] => [
      'response.output_text.delta',
      { ...place, delta },
    ]),
    ['response.output_text.done', { ...place, text }],
    ['response.content_part.done', { ...place, part: textPart(text) }],
    ['response.output_item.done', { output_index: 0, item: message(call, 'completed', text) }],
    ['response.completed', { response: completed }],
  ];
  return events.map(([type, fields], index) => ({ event: type, data: { type, sequence_number: index, ...fields } }));
}

/** `POST /v3/responses`. A stream says its cost in `response.completed` and ends without `[DONE]`. */
export function responsesReply(call: PricedCall): Reply {
  if (isStreamed(call)) return { content: { events: responsesEvents(call) } };
  const answer = envelope(call, 'completed', [message(call, 'completed', answerText(call))]);
  return { content: { json: priced(call, { ...answer, usage: responsesUsage(call), provider_time: 0.25 }) } };
}
