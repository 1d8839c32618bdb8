import type { Budget, DenialStatus, Meter } from '@eden-cost/core';

/** A route of every app, for one client and one kind. */
export interface Route {
  readonly path: string;
  readonly problem: boolean;
  /** Its answer; instead of it a body that is a stream. */
  readonly answer?: () => Promise<unknown>;
  readonly parts?: () => AsyncIterable<string>;
}

/** What each framework's app is made of. */
export interface Setting {
  readonly options: {
    readonly baseUrls: string[];
    readonly rateCard: false;
    readonly circuit: false;
    readonly budgets: Budget[];
    readonly status: DenialStatus;
  };
  readonly routes: readonly Route[];
  /** One of the app's own error hooks has got an error. */
  readonly heard: (hook: string, error: unknown) => void;
}

export interface RunningApp {
  readonly url: string;
  readonly meter: Meter;
}

export type StartApp = (setting: Setting) => Promise<RunningApp>;

/** The header by which the driver says whose request it is. */
export const USER = 'x-user';
