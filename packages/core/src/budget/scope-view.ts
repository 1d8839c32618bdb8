/** As much of a scope as budgets look at. */
export interface ScopeView {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}
