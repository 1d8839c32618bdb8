/** A package that watches or replaces the same traffic as the meter. */
export interface Neighbour {
  /** Installs it. */
  install(): void | Promise<void>;
  /** What the app does around its calls, so that they are seen. */
  around?<T>(work: () => Promise<T>): Promise<T>;
  /** What it has seen of the calls so far, by its own account. */
  seen(): number | Promise<number>;
  /** Takes it back, where it can. */
  uninstall?(): void | Promise<void>;
}

export const NEIGHBOURS = ['OpenTelemetry', "Sentry's SDK", 'nock'] as const;
export type NeighbourName = (typeof NEIGHBOURS)[number];
