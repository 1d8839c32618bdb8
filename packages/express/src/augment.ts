import type { CostScope } from '@eden-cost/core';

declare global {
  namespace Express {
    interface Request {
      /** What this request's calls to Eden AI have cost. Set by `costAware()`. */
      costs: CostScope;
    }
  }
}
