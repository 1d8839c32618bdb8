import { type Budget, type CostScope, costAware, withBudget } from '@eden-cost/koa';
import Koa, { type Context, type Middleware } from 'koa';

const budgets = [
  { name: 'tenant-daily', limitUsd: 5, window: 'day', by: 'tenant' },
  { name: 'images', limitUsd: 20, window: 'month', routes: 'named' },
] as const satisfies readonly Budget[];

declare module '@eden-cost/koa' {
  interface Register {
    budgets: (typeof budgets)[number]['name'] | 'POST /draft';
  }
}

const app = new Koa();
const cost = costAware({ labels: (ctx) => ({ tenant: ctx.get('x-tenant') }), budgets, problemJson: true });
app.use(cost);
// @ts-expect-error a misspelt option
costAware({ problemJSON: true });
// @ts-expect-error labels are text, numbers or booleans
costAware({ labels: (ctx) => ({ tenant: ctx.headers }) });

app.use(async (ctx) => {
  const costs: CostScope = ctx.costs;
  const nanos: number = ctx.costs.totalNanos;
  // @ts-expect-error a number, not any
  const text: string = ctx.costs.totalNanos;
  await ctx.costs.check({ budget: 'POST /draft' });
  // @ts-expect-error a misspelt budget
  await ctx.costs.check({ budget: 'image' });
  // @ts-expect-error a misspelt budget
  await costs.remaining('image');
  ctx.body = { nanos, text };
});

app.use(withBudget());
app.use(withBudget('images'));
// @ts-expect-error a misspelt budget
app.use(withBudget('image'));
app.use(withBudget({ name: 'drafts', limitUsd: 0.5, window: 'hour' }));
// @ts-expect-error a window that does not exist
app.use(withBudget({ limitUsd: 0.5, window: 'minute' }));

interface State {
  tenant: string;
}
const typed = new Koa<State, { db: string }>();
typed.use(cost);
typed.use(withBudget());
typed.use((ctx) => {
  const costs: CostScope = ctx.costs;
  // @ts-expect-error a number, not any
  const text: string = ctx.costs.totalNanos;
  ctx.body = [costs.totalUsd, text, ctx.state.tenant, ctx.db];
});

export const middleware: Middleware = (ctx, next) => ctx.costs.run(next);
export const spent = (ctx: Context): number => ctx.costs.totalUsd;
export const { meter } = cost;
