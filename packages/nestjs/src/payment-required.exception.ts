import { type Denial, type DenialError, type DenialReason, findDenial, toProblem } from '@eden-cost/core';
import { HttpException } from '@nestjs/common';

/**
 * What a denial becomes in a Nest app. Its status is the configured one, its response an RFC 9457 problem with nothing
 * private in it, its `cause` what was raised: the SDK's own error, or a `BudgetExceededError`.
 */
export class PaymentRequiredException extends HttpException {
  override readonly name = 'PaymentRequiredException';
  /** `ERR_COST_BUDGET_EXCEEDED`, `ERR_COST_CREDITS_EXHAUSTED` or `ERR_COST_LEDGER_UNAVAILABLE`. */
  readonly code: DenialError['code'];
  readonly reason: DenialReason;
  /** Response headers that belong to it: `retry-after`, where waiting helps. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(error: DenialError) {
    super(toProblem(error), error.status, { cause: error.cause ?? error });
    this.message = error.message;
    this.code = error.code;
    this.reason = error.reason;
    this.headers = error.headers;
  }

  /** Which budget it was, and its amounts: for the app, never for an answer. */
  get denial(): Denial | undefined {
    return findDenial(this.cause);
  }
}
