import type { Family } from './classify.js';

/** What a denial may say to anyone: no balance, no limit, no label. */
export interface DenialText {
  readonly code: string;
  readonly message: string;
}

/** One body for each shape (Eden AI wire notes, "Running out of credits, and other errors"). */
const BODIES: Readonly<Record<Family, (denial: DenialText) => unknown>> = {
  openai: ({ code, message }) => ({ error: { message, type: 'payment_required', param: null, code } }),
  anthropic: ({ message }) => ({ type: 'error', error: { type: 'billing_error', message } }),
  universal: ({ message }) => ({ detail: message }),
  v2: ({ code, message }) => ({ error: { type: code, message } }),
  other: ({ message }) => ({ error: message }),
};

/** The JSON body of a 402 in Eden AI's own shape for that family of endpoints, so that an SDK reads it as Eden AI's. */
export function denialBody(family: Family, { code, message }: DenialText): { body: string } {
  return { body: JSON.stringify(BODIES[family]({ code, message })) };
}
