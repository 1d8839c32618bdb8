/**
 * Marks the options of a call that is metered already. undici's Agent hands them on to a Pool, and that to a Client, each
 * by the same method. The handler could not tell: RetryAgent, redirects and undici's own bridges wrap it anew.
 */
export const kMetered: unique symbol = Symbol.for('@eden-cost/core:metered') as never;
