import { ESTIMATE_HEADER } from '../exchange.js';
import { changeHeaders, requestHeader } from './undici-headers.js';
import type { DispatchOptions } from './undici-types.js';

/** What costs nothing goes out as the app made it, but for the estimate that it states of itself. */
export function withoutEstimate(options: DispatchOptions): DispatchOptions {
  if (requestHeader(options.headers)(ESTIMATE_HEADER) === undefined) return options;
  return { ...options, headers: changeHeaders(options.headers, { [ESTIMATE_HEADER]: undefined }) };
}
