import { type Charge, formatUsd, type Meter } from '@eden-cost/express';

export interface Statement {
  readonly tenant: string;
  readonly calls: number;
  readonly costUsd: string;
  /** Exact: integer nano-USD. */
  readonly costNanos: number;
}

/** What Eden AI charged, by tenant, since the start. In an app, the listener writes into a table instead. */
export class Statements {
  readonly #byTenant = new Map<string, { calls: number; nanos: number }>();

  constructor(meter: Meter) {
    meter.on('charge', (charge) => this.#add(charge));
  }

  // a charge that corrects an earlier one holds the difference, so amounts are simply added
  #add({ labels, amount, corrects }: Charge): void {
    const tenant = labels.tenant ?? 'nobody';
    const { calls, nanos } = this.#byTenant.get(tenant) ?? { calls: 0, nanos: 0 };
    this.#byTenant.set(tenant, { calls: corrects === undefined ? calls + 1 : calls, nanos: nanos + amount });
  }

  list(): Statement[] {
    const all = [...this.#byTenant].sort(([a], [b]) => (a < b ? -1 : 1));
    return all.map(([tenant, { calls, nanos }]) => ({ tenant, calls, costUsd: formatUsd(nanos), costNanos: nanos }));
  }
}
