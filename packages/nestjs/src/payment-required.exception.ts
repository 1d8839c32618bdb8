import {
  type BudgetExceededError,
  type Denial,
  type DenialError,
  type DenialReason,
  findDenial,
  passAs,
  toProblem,
} from '@eden-cost/core';
import { HttpException } from '@nestjs/common';

/** What the exception has of the error; `expose` is not among it: Nest 12 makes another exception of what has that. */
const FIELDS = [
  'code',
  'help',
  'reason',
  'statusCode',
  'denialId',
  'budget',
  'retryAfterMs',
  'limitNanos',
  'settledNanos',
  'reservedNanos',
  'estimateNanos',
] as const satisfies readonly (keyof BudgetExceededError)[];

/**
 * What a denial becomes in a Nest app. Its status is the configured one, its response an RFC 9457 problem with nothing
 * private in it, its `cause` what was raised: the SDK's own error, or a `BudgetExceededError`.
 *
 * It passes for the error that it was made of, and has its fields: `isBudgetExceeded(exception)`,
 * `@Catch(BudgetExceededError)`.
 */
export class PaymentRequiredException extends HttpException {
  override readonly name = 'PaymentRequiredException';
  /** `ERR_COST_BUDGET_EXCEEDED`, `ERR_COST_CREDITS_EXHAUSTED` or `ERR_COST_LEDGER_UNAVAILABLE`. */
  declare readonly code: DenialError['code'];
  declare readonly reason: DenialReason;
  declare readonly statusCode: number;
  /** The budget's name. Never part of an answer. */
  declare readonly budget: string | undefined;
  /** When trying again makes sense, where it does. */
  declare readonly retryAfterMs: number | undefined;
  /** The id of the denial behind it (`x-eden-cost-denial`). */
  declare readonly denialId: string | undefined;
  /** What a GraphQL server says of an error, beside its message. */
  declare readonly extensions: { readonly code: string };
  /** Response headers that belong to it: `retry-after` where waiting helps, and `cache-control`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(error: DenialError) {
    super(toProblem(error), error.status, { cause: error.cause ?? error });
    this.message = error.message;
    this.headers = { ...error.headers, 'cache-control': 'no-store' };
    passAs(this, error);
    // not enumerable: what writes an exception out, to a log or a client, leaves them alone
    for (const key of FIELDS) Object.defineProperty(this, key, { value: (error as BudgetExceededError)[key] });
    Object.defineProperty(this, 'extensions', { value: { code: error.code } });
    for (const key of ['options', 'cause']) Object.defineProperty(this, key, { enumerable: false }); // Nest's own fields
  }

  /** Which budget it was, and its amounts: for the app, never for an answer. */
  get denial(): Denial | undefined {
    return findDenial(this);
  }

  /** What an app that answers with the exception itself sends: nothing private. */
  toJSON(): { name: string; code: string; message: string } {
    return { name: this.name, code: this.code, message: this.message };
  }
}
