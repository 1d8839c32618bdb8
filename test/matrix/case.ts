import type { Cell, Plain } from './cell.js';
import type { ClientName } from './client-names.js';
import { KINDS, type KindName } from './kinds.js';
import type { Framework } from './program.js';
import type { Mode } from './run-matrix.js';

/** One cell, and what it is measured against. */
export interface Case {
  readonly framework: Framework;
  readonly mode: Mode;
  readonly kind: KindName;
  readonly client: ClientName;
  readonly cell: Cell;
  /** The same client where no meter is. */
  readonly plain: Plain;
}

/** The status that is configured for its denial. */
export const statusOf = ({ kind, mode }: Case): number =>
  KINDS[kind].denial === 'credits' && mode === 'production' ? 503 : 402;

export const codeOf = ({ kind }: Case): string =>
  KINDS[kind].denial === 'credits' ? 'ERR_COST_CREDITS_EXHAUSTED' : 'ERR_COST_BUDGET_EXCEEDED';

/** Requests of a denied call that reach Eden AI. */
export const receivedOf = ({ kind }: Case): number => (KINDS[kind].denial === 'credits' ? 1 : 0);
