import { type Call, isStreamed, type PricedCall, type Reply, type StreamEvent, seconds } from '../call.js';
import { writeCost } from '../cost.js';
import { isRecord } from '../json.js';
import { metadataOf } from '../metadata.js';
import { usdToNanos } from '../money.js';
import { echoedModel, providerOf } from '../naming.js';
import { answerText, countTokens, isCutShort, splitText } from '../tokens.js';
import { costKey, priced } from './priced.js';

const DEFAULT_CHUNKS = 4;

function chatUsage(call: Call): Record<string, unknown> {
  const { input, output, cached, cacheWrite } = countTokens(call);
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached },
    ...(cacheWrite > 0 && { cache_write_tokens: cacheWrite }),
  };
}

const finishReason = (call: Call): string => (isCutShort(call) ? 'length' : 'stop');

const asksUsage = ({ body, options }: Call): boolean =>
  !options.ignoreStreamOptions && isRecord(body.stream_options) && body.stream_options.include_usage === true;

const costSoFar = ({ options: { costSoFarUsd: usd } }: Call): { cost?: unknown } =>
  usd === undefined ? {} : { cost: writeCost(usdToNanos(usd, 'costSoFarUsd'), 'number').json };

function chatEvents(call: PricedCall): StreamEvent[] {
  const { options, request } = call;
  const usage = asksUsage(call);
  const on = options.usageOn ?? 'own';
  const soFar = { usage: chatUsage(call), ...costSoFar(call) };
  const priceTag = { usage: chatUsage(call), provider: providerOf(call), ...costKey(call), ...options.usageExtra };
  const chunk = (choices: unknown[], more: Record<string, unknown> = {}): Record<string, unknown> => ({
    id: `chatcmpl-${request.id}`,
    object: 'chat.completion.chunk',
    created: seconds(call),
    model: echoedModel(call),
    choices,
    ...(usage && options.usageNull && { usage: null }),
    ...(usage && on === 'every' && soFar),
    ...more,
  });
  const delta = (content: Record<string, unknown>, reason: string | null = null) => [
    { index: 0, delta: content, logprobs: null, finish_reason: reason },
  ];
  const chunks = [
    chunk(delta({ role: 'assistant', content: '' }), metadataOf(call)),
    ...splitText(answerText(call), options.chunks ?? DEFAULT_CHUNKS).map((content) => chunk(delta({ content }))),
    chunk(delta({}, finishReason(call)), usage && on === 'finish' ? priceTag : {}),
    ...(usage && on !== 'finish' ? [chunk(options.usageChoices === 'none' ? [] : delta({}), priceTag)] : []),
  ].map((data) => ({ data }));
  return options.withoutDone ? chunks : [...chunks, { data: '[DONE]' }];
}

/** `POST /v3/chat/completions`. A stream says its cost only when it was asked for its usage. */
export function chatReply(call: PricedCall): Reply {
  if (isStreamed(call)) return { silent: !asksUsage(call), content: { events: chatEvents(call) } };
  const message = { role: 'assistant', content: answerText(call), refusal: null };
  return {
    content: {
      json: priced(call, {
        id: `chatcmpl-${call.request.id}`,
        object: 'chat.completion',
        created: seconds(call),
        model: echoedModel(call),
        choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason(call) }],
        usage: chatUsage(call),
      }),
    },
  };
}
