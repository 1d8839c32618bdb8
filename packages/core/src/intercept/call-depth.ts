/**
 * True while a metered call is handed to undici or node:http, in the same synchronous step: what the diagnostics channels
 * tell of then is metered.
 */
export const handing = { over: false };

export function handOver<T>(fn: () => T): T {
  const before = handing.over;
  handing.over = true;
  try {
    return fn();
  } finally {
    handing.over = before;
  }
}
