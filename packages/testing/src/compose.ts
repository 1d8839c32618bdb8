import { isBilled } from './billing.js';
import type { PricedCall, Reply, StreamEvent } from './call.js';
import { type ErrorChoice, errorBody, type Family } from './error-bodies.js';
import { metadataOf } from './metadata.js';
import { Refusal } from './refusal.js';
import { costKey } from './replies/priced.js';
import type { ReplyOptions } from './reply-options.js';

const FRAME_STATUS = 500;

function errorContent(choice: ErrorChoice, more: Record<string, unknown> = {}): Reply['content'] {
  const body = errorBody(choice);
  if (typeof body !== 'string') return { json: { ...body, ...more } };
  return { text: body };
}

const retryHeaders = ({ retryAfter }: ReplyOptions): Record<string, string> =>
  retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };

const errorChoice = (status: number, family: Family, options: ReplyOptions): ErrorChoice => ({
  status,
  family,
  ...(options.errorShape !== undefined && { shape: options.errorShape }),
  ...(options.errorMessage !== undefined && { message: options.errorMessage }),
  ...(options.retryAfterInBody !== undefined && { retryAfter: options.retryAfterInBody }),
});

/** The answer to a refused request. */
export function refusalReply({ status, message, shape }: Refusal, family: Family): Reply {
  const choice = { status, family, ...(message !== '' && { message }), ...(shape !== undefined && { shape }) };
  return { status, content: errorContent(choice) };
}

const literal = (body: unknown): Reply => ({
  silent: true,
  content: typeof body === 'string' ? { text: body } : { json: body },
});

function errorFrame(call: PricedCall): StreamEvent {
  const { options, route } = call;
  const shape = route.family === 'anthropic' ? 'anthropic' : 'openai';
  const body = errorBody({ ...errorChoice(FRAME_STATUS, route.family, options), shape: options.errorShape ?? shape });
  const data = typeof body === 'string' ? body : { ...body, ...metadataOf(call, FRAME_STATUS) };
  return { ...(shape === 'anthropic' && { event: 'error' }), data };
}

function withErrorFrame(call: PricedCall, reply: Reply): Reply {
  const after = call.options.errorFrameAfterEvents;
  if (after === undefined || !('events' in reply.content)) return reply;
  return { ...reply, silent: true, content: { events: [...reply.content.events.slice(0, after), errorFrame(call)] } };
}

function successReply(call: PricedCall): Reply {
  const { options, route } = call;
  const reply = options.body === undefined ? route.reply(call) : literal(options.body);
  return withErrorFrame(call, options.status === undefined ? reply : { ...reply, status: options.status });
}

function errorReply(call: PricedCall, status: number): Reply {
  const { options, route } = call;
  const headers = retryHeaders(options);
  if (options.body !== undefined) return { ...literal(options.body), status, headers };
  const cost = isBilled(call, status) ? costKey(call) : {};
  return { status, headers, content: errorContent(errorChoice(status, route.family, options), cost) };
}

/** Makes the answer to a call: what its options say, or else its route's. */
export function compose(call: PricedCall): Reply {
  const { status = 200, body } = call.options;
  if (status >= 400) return errorReply(call, status);
  if (status >= 300) return { ...literal(body ?? ''), status };
  return successReply(call);
}
