import { type Nanos, parseUsd } from '../money.js';

/** `GET` it with an inference key (Eden AI wire notes, "The account"); v2 is said to end with 2026. */
export const BALANCE_PATH = '/v2/cost_management/credits/';

/**
 * Reads `{"credits": 42.50}`. Calls that are answered at the same time may take a balance below zero.
 *
 * @returns `undefined` for any other body
 */
export function readBalance(body: string): Nanos | undefined {
  const credits = creditsIn(body);
  if (typeof credits !== 'number' && typeof credits !== 'string') return undefined;
  const text = String(credits).trim();
  const nanos = parseUsd(text.replace(/^-/, ''));
  return nanos !== undefined && text.startsWith('-') ? -nanos : nanos;
}

function creditsIn(body: string): unknown {
  try {
    return (JSON.parse(body) as { credits?: unknown } | null)?.credits;
  } catch {
    return undefined;
  }
}
