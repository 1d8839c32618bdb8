import type { Operation } from '../charge.js';
import { costToNanos, type Nanos } from '../money.js';

const USD: Readonly<Record<Operation, number>> = {
  chat: 0.01,
  responses: 0.01,
  messages: 0.01,
  embeddings: 0.001,
  moderation: 0.001,
  speech: 0.02,
  images: 0.05,
  transcription: 0.05,
  feature: 0.05,
  job: 0.25,
  video: 2,
  other: 0.01,
  poll: 0,
};

/** What is held for a call of which nothing better is known yet, in nano-USD. A poll reads what was paid for before. */
export const OPERATION_ESTIMATES = Object.fromEntries(
  Object.entries(USD).map(([operation, usd]) => [operation, costToNanos(usd)]),
) as Readonly<Record<Operation, Nanos>>;
