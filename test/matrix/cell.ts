import type { ErrorFacts } from './error-facts.js';

/** What came of one kind of denial over one client. */
export interface Cell {
  /** Everything that the client of the app got. */
  readonly text: string;
  /** What the handler raised, if it did. */
  readonly thrown?: ErrorFacts;
  /** What the app caught, if it handles the error itself. */
  readonly caught?: ErrorFacts;
  readonly heard: readonly HeardError[];
  /** Attempts that were denied, and requests that reached Eden AI. */
  readonly denied: number;
  readonly received: number;
}

/** What one of the app's error hooks got. */
export interface HeardError extends ErrorFacts {
  readonly hook: string;
  /** It is what the handler threw. */
  readonly isThrown: boolean;
  /** What the handler threw is its cause. */
  readonly isOfThrown: boolean;
  /** What is private in its enumerable properties, which loggers write out. */
  readonly written: readonly string[];
  /** It is the very error that another hook got before. */
  readonly isHeardBefore: boolean;
}

/** What a client does with Eden AI's 402 where no meter is. */
export interface Plain {
  readonly caught?: ErrorFacts;
  readonly received: number;
}
