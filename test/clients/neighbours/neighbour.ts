import { HAS_NEWEST } from '../covered/covered-client.js';

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

const EVERYWHERE = ['OpenTelemetry', "Sentry's SDK", 'a tracer that wraps functions', 'nock 14'] as const;
export type NeighbourName = (typeof EVERYWHERE)[number] | 'nock 15';

/** nock 15 needs Node 22.20. */
export const NEIGHBOURS: readonly NeighbourName[] = HAS_NEWEST ? [...EVERYWHERE, 'nock 15'] : EVERYWHERE;
