import { Injectable } from '@nestjs/common';

export type Plan = 'free' | 'team' | 'enterprise';

/** What a plan may spend in a month, in USD. */
const LIMITS: Record<Plan, number> = { free: 1, team: 25, enterprise: Number.POSITIVE_INFINITY };

/** Stands in for a database: which tenant has which plan. */
@Injectable()
export class PlansService {
  readonly #plans = new Map<string, Plan>([
    ['acme', 'team'],
    ['globex', 'free'],
    ['initech', 'enterprise'],
  ]);

  async limitOf(tenant: string | undefined): Promise<number> {
    const plan = tenant === undefined ? undefined : this.#plans.get(tenant);
    return plan === undefined ? 0 : LIMITS[plan];
  }

  async upgrade(tenant: string, plan: Plan): Promise<void> {
    this.#plans.set(tenant, plan);
  }
}
