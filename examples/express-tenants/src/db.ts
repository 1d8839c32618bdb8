export type Plan = 'free' | 'team';

/** What a plan includes in a month, in USD. */
export interface Limits {
  readonly allUsd: number;
  readonly imagesUsd: number;
}

export interface User {
  readonly id: string;
  readonly tenantId: string;
  readonly teamId: string;
  /** Works for the company that runs this app. */
  readonly isOperator?: boolean;
}

const LIMITS: Record<Plan, Limits> = {
  free: { allUsd: 1, imagesUsd: 0.1 },
  team: { allUsd: 25, imagesUsd: 10 },
};

export const isPlan = (value: unknown): value is Plan => typeof value === 'string' && Object.hasOwn(LIMITS, value);

/** Stands in for a database: whose token it is, and which tenant has which plan. */
export class Database {
  readonly #users = new Map<string, User>([
    ['token-ann', { id: 'ann', tenantId: 'acme', teamId: 'web' }],
    ['token-bob', { id: 'bob', tenantId: 'acme', teamId: 'data' }],
    ['token-cat', { id: 'cat', tenantId: 'globex', teamId: 'web' }],
    ['token-olga', { id: 'olga', tenantId: 'house', teamId: 'support', isOperator: true }],
  ]);
  readonly #plans = new Map<string, Plan>([
    ['acme', 'team'],
    ['globex', 'free'],
    ['house', 'free'],
  ]);

  async userOf(token: string): Promise<User | undefined> {
    return this.#users.get(token);
  }

  async limitsOf(tenantId: string | undefined): Promise<Limits> {
    const plan = this.#plans.get(tenantId ?? '');
    return plan === undefined ? { allUsd: 0, imagesUsd: 0 } : LIMITS[plan];
  }

  async upgrade(tenantId: string, plan: Plan): Promise<void> {
    this.#plans.set(tenantId, plan);
  }
}
