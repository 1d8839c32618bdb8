import { CHAT } from './calls.js';

/** Prices of the model that chats ask, as the stand-in charges them. */
export const RATES = { [CHAT.model]: { inputUsdPerToken: 2.5e-6, outputUsdPerToken: 1e-5 } };

/** The most that a call can cost at these rates: a token for each byte, and all the output that it allows. */
export const boundUsd = (body: { max_tokens: number }): number =>
  (Buffer.byteLength(JSON.stringify(body)) * 2_500 + body.max_tokens * 10_000) / 1e9;
