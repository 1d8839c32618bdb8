import type { ReadFailure } from './edenai/read-failure.js';
import { INSPECT, type Inspect, inspectError } from './inspect-error.js';
import { helpLink } from './links.js';

const BRAND = Symbol.for('@eden-cost/core:error');

/**
 * What all errors of Eden Cost have in common: a stable `code`, and a `help` link to its section in `docs/errors.md`.
 * `instanceof` works across copies of this package: it looks for a brand, not for this very class.
 */
export abstract class CostError extends Error {
  abstract readonly code: string;

  /** The names of the error's classes, so that another copy of this package can tell what it is. */
  get [BRAND](): readonly string[] {
    const names: string[] = [];
    for (let type = this.constructor as typeof CostError; type?.className; type = Object.getPrototypeOf(type)) {
      names.push(type.className);
    }
    return names;
  }

  get help(): string {
    return helpLink(this.code);
  }

  /** What an app that answers with the error itself sends: nothing private. */
  toJSON(): { name: string; code: string; message: string } {
    return { name: this.name, code: this.code, message: this.message };
  }

  /** What a console prints of it: nothing of what the client's own error knows of the call. */
  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    return inspectError(this, options, inspect);
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (!Object.hasOwn(this, 'className')) return Function.prototype[Symbol.hasInstance].call(this, value);
    if (typeof value !== 'object' || value === null) return false;
    const names = (value as { [BRAND]?: unknown })[BRAND];
    return Array.isArray(names) && names.includes(this.className);
  }

  /** A class's name survives minification only as text. */
  protected static readonly className: string = 'CostError';
}

/**
 * An option, a budget's name or a call's argument is wrong. Thrown at start, or where the wrong name is used;
 * the message names the option and the fix. Code `ERR_COST_OPTIONS`.
 */
export class OptionsError extends CostError {
  protected static override readonly className: string = 'OptionsError';
  override readonly name = 'OptionsError';
  readonly code = 'ERR_COST_OPTIONS';
}

/** What the frameworks read from an error that becomes an answer. */
export interface HttpErrorFields {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly denialId?: string;
  readonly cause?: unknown;
}

/**
 * A call that cannot be paid for. `status` and `statusCode` are 402 unless configured otherwise, `expose` is true:
 * the message is safe to show to a client, and holds no amount, name or label.
 */
export abstract class PaymentRequiredError extends CostError {
  protected static override readonly className: string = 'PaymentRequiredError';
  readonly status: number;
  readonly statusCode: number;
  readonly expose = true;
  /** Response headers that belong to it: `Retry-After`, where waiting helps. */
  readonly headers: Readonly<Record<string, string>>;
  /** The id of the denial behind it (`x-eden-cost-denial`). */
  readonly denialId: string | undefined;

  constructor(message: string, { status, headers = {}, denialId, cause }: HttpErrorFields) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.statusCode = status;
    this.headers = headers;
    this.denialId = denialId;
  }
}

/** What is known of a budget's denial; amounts are integer nano-USD. Never part of a message or of an answer. */
export interface BudgetDenial {
  readonly budget: string;
  readonly reason: 'spent' | 'held';
  readonly retryAfterMs?: number;
  readonly limitNanos?: number;
  readonly settledNanos?: number;
  readonly reservedNanos?: number;
  readonly estimateNanos?: number;
}

/**
 * A local budget has no room for the call: it did not leave. `reason` tells a budget that is `spent` from one whose
 * rest is `held` by calls in flight. Code `ERR_COST_BUDGET_EXCEEDED`.
 */
export class BudgetExceededError extends PaymentRequiredError {
  protected static override readonly className: string = 'BudgetExceededError';
  override readonly name = 'BudgetExceededError';
  readonly code = 'ERR_COST_BUDGET_EXCEEDED';
  readonly budget: string;
  readonly reason: 'spent' | 'held';
  readonly retryAfterMs: number | undefined;
  readonly limitNanos: number | undefined;
  readonly settledNanos: number | undefined;
  readonly reservedNanos: number | undefined;
  readonly estimateNanos: number | undefined;

  constructor(denial: BudgetDenial, fields: HttpErrorFields) {
    super(
      denial.reason === 'held'
        ? 'The AI budget is held by calls in flight; try again in a moment'
        : 'The AI budget for this request is used up',
      fields,
    );
    this.budget = denial.budget;
    this.reason = denial.reason;
    this.retryAfterMs = denial.retryAfterMs;
    this.limitNanos = denial.limitNanos;
    this.settledNanos = denial.settledNanos;
    this.reservedNanos = denial.reservedNanos;
    this.estimateNanos = denial.estimateNanos;
  }
}

/**
 * Eden AI itself answered 402: the account's credits, or the key's own budget, are used up. What Eden AI said stays in
 * `cause`, where there is one. Code `ERR_COST_CREDITS_EXHAUSTED`.
 */
export class CreditsExhaustedError extends PaymentRequiredError {
  protected static override readonly className: string = 'CreditsExhaustedError';
  override readonly name = 'CreditsExhaustedError';
  readonly code = 'ERR_COST_CREDITS_EXHAUSTED';
  readonly reason = 'credits';

  constructor(fields: HttpErrorFields) {
    super('AI features are not available: payment required', fields);
  }
}

/**
 * The ledger cannot be asked, or a plan's limit cannot be read, and the budget says to refuse in that case.
 * `status` 503 unless configured otherwise. Code `ERR_COST_LEDGER_UNAVAILABLE`.
 */
export class LedgerUnavailableError extends CostError {
  protected static override readonly className: string = 'LedgerUnavailableError';
  override readonly name = 'LedgerUnavailableError';
  readonly code = 'ERR_COST_LEDGER_UNAVAILABLE';
  readonly reason = 'ledger';
  readonly status: number;
  readonly statusCode: number;
  readonly expose = true;
  readonly headers: Readonly<Record<string, string>>;
  readonly denialId: string | undefined;

  constructor({ status, headers = {}, denialId, cause }: HttpErrorFields) {
    super('AI spending cannot be checked at the moment', cause === undefined ? undefined : { cause });
    this.status = status;
    this.statusCode = status;
    this.headers = headers;
    this.denialId = denialId;
  }
}

/** What kept something from being read at Eden AI. */
export interface EdenReadFields {
  readonly failure: ReadFailure;
  readonly answered?: number;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/**
 * The balance, the consumption or a job could not be read at Eden AI. The message says why, and what to do; it holds no
 * key, and nothing of what was answered. Code `ERR_COST_EDEN_READ`.
 */
export class EdenReadError extends CostError {
  protected static override readonly className: string = 'EdenReadError';
  override readonly name = 'EdenReadError';
  readonly code = 'ERR_COST_EDEN_READ';
  readonly failure: ReadFailure;
  /** The status that Eden AI answered with, if it did. Not `status`: an app's client is not to be answered with it. */
  readonly answered: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(what: string, advice: string, { failure, answered, retryAfterMs, cause }: EdenReadFields) {
    const status = answered === undefined ? '' : ` (status ${answered})`;
    super(`Eden AI did not say ${what}${status}: ${advice}`, cause === undefined ? undefined : { cause });
    this.failure = failure;
    this.answered = answered;
    this.retryAfterMs = retryAfterMs;
  }
}

/** A webhook was not signed by Eden AI, as it came: nothing was read or booked for it. Code `ERR_COST_WEBHOOK_SIGNATURE`. */
export class WebhookSignatureError extends CostError {
  protected static override readonly className: string = 'WebhookSignatureError';
  override readonly name = 'WebhookSignatureError';
  readonly code = 'ERR_COST_WEBHOOK_SIGNATURE';
  readonly status = 401;
  readonly statusCode = 401;
  readonly expose = true;

  constructor(why: string) {
    super(`The webhook was refused: ${why}`);
  }
}

/**
 * For adapters: makes a framework's own exception pass for the error that it was made of, in `instanceof`, in the functions
 * below, and on a console.
 */
export function passAs(exception: object, error: CostError): void {
  Object.defineProperty(exception, BRAND, { value: error[BRAND] });
  Object.defineProperty(exception, INSPECT, { value: error[INSPECT].bind(error) });
}

/** True for a denial by a local budget, also one that was raised by another copy of this package. */
export const isBudgetExceeded = (error: unknown): error is BudgetExceededError => error instanceof BudgetExceededError;

/** True for Eden AI's own 402, as an adapter or a plain fetch raises it. */
export const isCreditsExhausted = (error: unknown): error is CreditsExhaustedError =>
  error instanceof CreditsExhaustedError;
