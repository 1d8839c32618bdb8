import { PAYMENT_REQUIRED, type PaymentRequiredShape } from './payment-required.js';

/** The shapes in which Eden AI writes an error; `rate-limited` is the 429 that says when to come back. */
export type ErrorShape = PaymentRequiredShape | 'rate-limited';

/** Endpoints that write their errors alike. */
export type Family = 'openai' | 'anthropic' | 'universal' | 'manage' | 'v2' | 'other';

const DEFAULT_SHAPE: Record<Family, ErrorShape> = {
  openai: 'openai',
  anthropic: 'anthropic',
  universal: 'detail',
  manage: 'detail',
  v2: 'v2',
  other: 'documented',
};

const MESSAGE: Record<number, string> = {
  400: 'Bad request',
  401: 'Invalid token',
  402: 'Insufficient credits',
  403: 'Invalid token',
  404: 'Not found',
  422: 'Validation error',
  429: 'Rate limit exceeded',
  451: 'This model is not available in this region',
};

/** Statuses whose body is the same on every endpoint. */
const SHAPE_OF_STATUS: Record<number, ErrorShape> = { 401: 'detail', 403: 'detail' };

const TYPE: Record<number, string> = {
  401: 'authentication_error',
  402: 'insufficient_credits',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
};
const typeOf = (status: number): string => TYPE[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');

interface ErrorFacts {
  readonly status: number;
  readonly message: string;
  readonly retryAfter?: number;
}

const BODY: Record<ErrorShape, (error: ErrorFacts) => Record<string, unknown>> = {
  documented: ({ message }) => ({ error: message }),
  openai: ({ status, message }) => ({ error: { message, type: typeOf(status), param: null, code: String(status) } }),
  anthropic: ({ status, message }) => ({ type: 'error', error: { type: typeOf(status), message } }),
  detail: ({ message }) => ({ detail: message }),
  'detail-list': ({ message }) => ({ detail: [{ loc: ['body'], msg: message, type: 'value_error' }] }),
  v2: ({ status, message }) => ({ error: { type: typeOf(status), message } }),
  'v2-object': ({ status, message }) => ({ error: { type: typeOf(status), message: { request: [message] } } }),
  balance: ({ message }) => ({
    detail: message,
    error_code: 'INSUFFICIENT_CREDIT',
    required_credits: 500,
    available_credits: 200,
  }),
  'rate-limited': ({ message, retryAfter = 1.5 }) => ({
    detail: message,
    error_code: 'RATE_LIMITED',
    retry_after: retryAfter,
  }),
};

export interface ErrorChoice {
  readonly status: number;
  readonly family: Family;
  readonly shape?: ErrorShape;
  readonly message?: string;
  readonly retryAfter?: number;
}

/** The body of an error: a 402 word for word, any other built in its shape. */
export function errorBody({
  status,
  family,
  shape,
  message,
  retryAfter,
}: ErrorChoice): string | Record<string, unknown> {
  const chosen =
    shape ?? (retryAfter === undefined ? SHAPE_OF_STATUS[status] : 'rate-limited') ?? DEFAULT_SHAPE[family];
  if (status === 402 && message === undefined && chosen !== 'rate-limited') return PAYMENT_REQUIRED[chosen];
  return BODY[chosen]({
    status,
    message: message ?? MESSAGE[status] ?? 'Provider error',
    ...(retryAfter !== undefined && { retryAfter }),
  });
}
