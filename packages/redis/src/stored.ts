import type { AccountRef, Rank } from '@eden-cost/core';

/** How a rank is stored, and compared. */
export const RANKS: Readonly<Record<Rank, string>> = { expired: '0', estimated: '1', rated: '2', reported: '3' };

/** When the window of an account ends, as scripts are told; 0 for never. */
export const endOf = ({ endsAt }: AccountRef): string => (endsAt === undefined ? '0' : String(Math.ceil(endsAt)));
