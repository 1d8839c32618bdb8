import type { CostScope } from '@eden-cost/core';

declare module 'koa' {
  interface ExtendableContext {
    /** What this request's calls to Eden AI have cost. Set by `costAware()`. */
    costs: CostScope;
  }
}
