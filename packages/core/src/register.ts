/**
 * What an app tells the compiler about itself, by declaring it again. With `budgets`, a misspelt budget name does not
 * compile; without it, every string does.
 *
 * Either the budgets themselves, declared `as const`, or a union of their names:
 *
 * ```ts
 * declare module '@eden-cost/express' { // the package that the app imports
 *   interface Register {
 *     budgets: typeof budgets; // or: 'tenant-daily' | 'images'
 *   }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: only an interface can be declared again
export interface Register {}

/** The name of a budget: one of those that {@link Register} has, and every string where it has none. */
export type BudgetName = Register extends { budgets: infer Budgets } ? NameIn<Budgets> : string;

type NameIn<Budgets> = Budgets extends string
  ? Budgets
  : Budgets extends readonly { readonly name: infer Name extends string }[]
    ? Name
    : string;
