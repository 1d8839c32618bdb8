import { type Call, isStreamed, type PricedCall, type Reply, type StreamEvent } from '../call.js';
import { metadataOf } from '../metadata.js';
import { echoedModel } from '../naming.js';
import { answerText, countTokens, isCutShort, splitText } from '../tokens.js';
import { priced } from './priced.js';

const DEFAULT_CHUNKS = 4;

/** Anthropic counts cached and written tokens beside the input, not in it. */
function inputUsage(call: Call): Record<string, number> {
  const { input, cached, cacheWrite } = countTokens(call);
  return {
    input_tokens: input - cached - cacheWrite,
    cache_read_input_tokens: cached,
    cache_creation_input_tokens: cacheWrite,
  };
}

const envelope = (call: Call, content: unknown[]) => ({
  id: `msg_${call.request.id}`,
  type: 'message',
  role: 'assistant',
  model: echoedModel(call),
  content,
});

const stopReason = (call: Call): string => (isCutShort(call) ? 'max_tokens' : 'end_turn');

function messagesEvents(call: Call): StreamEvent[] {
  const start = {
    ...envelope(call, []),
    ...{ stop_reason: null, stop_sequence: null },
    usage: { ...inputUsage(call), output_tokens: 1 },
  };
  const events: ({ type: string } & Record<string, unknown>)[] = [
    { type: 'message_start', message: start, ...metadataOf(call) },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'ping' },
    ...splitText(answerText(call), call.options.chunks ?? DEFAULT_CHUNKS).map((text) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text },
    })),
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: stopReason(call), stop_sequence: null },
      usage: { output_tokens: countTokens(call).output, ...call.options.usageExtra },
    },
    { type: 'message_stop' },
  ];
  return events.map((data) => ({ event: data.type, data }));
}

/** `POST /v3/v1/messages`. A stream says its tokens and never its cost. */
export function messagesReply(call: PricedCall): Reply {
  if (isStreamed(call)) return { silent: true, content: { events: messagesEvents(call) } };
  return {
    content: {
      json: priced(call, {
        ...envelope(call, [{ type: 'text', text: answerText(call) }]),
        stop_reason: stopReason(call),
        stop_sequence: null,
        usage: { ...inputUsage(call), output_tokens: countTokens(call).output },
      }),
    },
  };
}

/** `POST /v3/v1/messages/count_tokens`: free. */
export const countTokensReply = (call: Call): Reply => ({
  content: { json: { input_tokens: countTokens(call).input } },
});
