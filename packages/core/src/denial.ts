import { randomUUID } from 'node:crypto';
import type { Operation } from './charge.js';
import { BudgetExceededError, CreditsExhaustedError, LedgerUnavailableError } from './errors.js';
import type { Nanos } from './money.js';
import { processState } from './process-state.js';

/** `spent` and `held`: a local budget; `credits`: Eden AI's own 402; `ledger`: spending could not be checked. */
export type DenialReason = 'spent' | 'held' | 'credits' | 'ledger';

/** A call that the ledger did not admit, or that Eden AI answered with 402. */
export interface Denial {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly reason: DenialReason;
  readonly budget?: string;
  /** When trying again makes sense, where it does. */
  readonly retryAfterMs?: number;
  readonly operation: Operation;
  readonly model?: string;
  /** Integer nano-USD: for operators, never for an answer. */
  readonly amounts?: {
    readonly limit: Nanos;
    readonly settled: Nanos;
    readonly reserved: Nanos;
    readonly estimate: Nanos;
  };
  readonly cause?: unknown;
}

/** The header on every 402 that the meter made or recognised; its value is the denial's id. */
export const DENIAL_HEADER = 'x-eden-cost-denial';

/** The status that the framework answers with, by reason. */
export interface DenialStatus {
  /** A budget is spent. Default 402. */
  budget?: number;
  /** A budget is held by calls in flight. Default 429. */
  held?: number;
  /** Eden AI's own 402. Default 402; 503 is kinder to the visitors of a SaaS, who cannot pay the operator's bill. */
  credits?: number;
  /** The ledger cannot be asked. Default 503. */
  ledger?: number;
}

export const DEFAULT_STATUS: Required<DenialStatus> = { budget: 402, held: 429, credits: 402, ledger: 503 };

const REMEMBERED = 10_000;
const DAY_MS = 86_400_000;

/** Makes a denial that {@link knownDenial} finds again by its id. */
export function recordDenial(denial: Omit<Denial, 'id'>): Denial {
  const { denials } = processState;
  const recorded = { id: randomUUID(), ...denial };
  denials.set(recorded.id, recorded);
  if (denials.size > REMEMBERED) denials.delete(denials.keys().next().value as string);
  return recorded;
}

export const knownDenial = (id: string): Denial | undefined => processState.denials.get(id);

/** The denial that a {@link DENIAL_HEADER} names. An upstream that sends this header itself makes a list of it. */
export function denialNamed(header: string | undefined): Denial | undefined {
  for (const id of header?.split(',') ?? []) {
    const denial = knownDenial(id.trim());
    if (denial !== undefined) return denial;
  }
  return undefined;
}

export type DenialError = BudgetExceededError | CreditsExhaustedError | LedgerUnavailableError;

/** What each error was made with: an app may give it another status. */
const madeWith = new WeakMap<object, number>();

export const statusMadeWith = (error: object): number | undefined => madeWith.get(error);

/** The typed error of a denial; `cause` is what was thrown, where something was. */
export function denialError(denial: Denial, status: DenialStatus = {}, cause: unknown = denial.cause): DenialError {
  const error = errorOf(denial, status, cause);
  madeWith.set(error, error.status);
  return error;
}

function errorOf(denial: Denial, status: DenialStatus, cause: unknown): DenialError {
  const statuses = { ...DEFAULT_STATUS, ...status };
  const fields = { headers: retryAfter(denial), denialId: denial.id, cause };
  if (denial.reason === 'credits') return new CreditsExhaustedError({ ...fields, status: statuses.credits });
  if (denial.reason === 'ledger') return new LedgerUnavailableError({ ...fields, status: statuses.ledger });
  return new BudgetExceededError(
    {
      budget: denial.budget ?? '',
      reason: denial.reason,
      retryAfterMs: denial.retryAfterMs,
      limitNanos: denial.amounts?.limit,
      settledNanos: denial.amounts?.settled,
      reservedNanos: denial.amounts?.reserved,
      estimateNanos: denial.amounts?.estimate,
    },
    { ...fields, status: denial.reason === 'held' ? statuses.held : statuses.budget },
  );
}

/** Whole seconds, rounded up; only where waiting helps and is under a day. */
function retryAfter({ retryAfterMs }: Pick<Denial, 'retryAfterMs'>): Record<string, string> {
  if (retryAfterMs === undefined || retryAfterMs >= DAY_MS) return {};
  return { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
}
