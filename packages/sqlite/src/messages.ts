import type {
  AccountRef,
  Balance,
  FinishedReservation,
  RememberedAccount,
  ReserveRequest,
  ReserveResult,
  SettleResult,
  TopUp,
  Truth,
} from '@eden-cost/core';
import type { LedgerFileReason } from './ledger-file-error.js';

/** What the worker is started with. */
export interface WorkerData {
  readonly path: string;
  readonly durability: 'crash' | 'power-loss';
  readonly busyTimeoutMs: number;
  /** Names this process in the file. */
  readonly process: string;
}

/** What the worker can be asked, by name: with what, and what it answers. */
export interface Questions {
  /** Whether the file can be used. */
  open: { with: { at: number }; answer: undefined };
  reserve: { with: { request: ReserveRequest }; answer: ReserveResult };
  settle: { with: { id: string; amount: number; truth: Truth }; answer: SettleResult };
  release: { with: { id: string; at: number }; answer: boolean };
  extend: { with: { ids: readonly string[]; ttlMs: number; at: number }; answer: undefined };
  balances: { with: { accounts: readonly AccountRef[]; at: number }; answer: readonly Balance[] };
  topUp: { with: { account: AccountRef; note: TopUp }; answer: undefined };
  topUps: { with: { account: AccountRef; at: number }; answer: readonly TopUp[] };
  restore: {
    with: { remembered: readonly RememberedAccount[]; at: number; finished: readonly FinishedReservation[] };
    answer: undefined;
  };
  /** This process is alive. */
  beat: { with: { at: number }; answer: undefined };
}

export type Asked = keyof Questions;
export type Answer<Name extends Asked> = Questions[Name]['answer'];
export type Question = { [Name in Asked]: { readonly ask: Name } & Questions[Name]['with'] }[Asked];

export interface Answers {
  /** One for each question of a batch. */
  readonly answers: readonly unknown[];
  /** Why questions have none, by their index, where that concerns them alone: nothing of them has changed anything. */
  readonly refused?: ReadonlyMap<number, string>;
  /** What could not be read, was no matter for these questions, and was left as it is. */
  readonly passedBy?: string;
}

/** What becomes of a batch, or why there is no answer to any of it: then nothing has changed. */
export type Reply =
  | Answers
  | { readonly failed: LedgerFileReason; readonly cause?: string }
  | { readonly lost: string };
