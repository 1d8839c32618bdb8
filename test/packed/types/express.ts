import { type CostScope, costAware, costErrors, createMeter, withBudget } from '@eden-cost/express';
import express, { type Request, type RequestHandler } from 'express';

declare module '@eden-cost/express' {
  interface Register {
    budgets: 'tenant-daily' | 'images';
  }
}

const app = express();
const cost = costAware({
  labels: (req) => ({ tenant: req.get('x-tenant'), beta: req.query.beta === '1', nobody: undefined }),
  budgets: [
    { name: 'tenant-daily', limitUsd: 5, window: 'day', by: 'tenant' },
    { name: 'images', limitUsd: async ({ labels }) => labels.tenant?.length ?? 0, window: 'month', routes: 'named' },
  ],
  status: { credits: 503 },
});
app.use(cost);
app.use('/second', costAware(createMeter()));
// @ts-expect-error a misspelt option
costAware({ budget: [] });
// @ts-expect-error labels are text, numbers or booleans
costAware({ labels: (req) => ({ tenant: req.headers }) });
// @ts-expect-error an option of other frameworks
costAware({ problemJson: true });

app.post('/ask', withBudget(), withBudget('tenant-daily'), async (req, res) => {
  const costs: CostScope = req.costs;
  const nanos: number = req.costs.totalNanos;
  // @ts-expect-error a number, not any
  const text: string = req.costs.totalNanos;
  await req.costs.check({ budget: 'images' });
  // @ts-expect-error a misspelt budget
  await req.costs.check({ budget: 'image' });
  // @ts-expect-error a misspelt budget
  await req.costs.remaining('image');
  res.json({ nanos, text, usd: costs.totalUsd, left: await costs.remaining('images') });
});
// @ts-expect-error a misspelt budget
app.post('/typo', withBudget('tenant-dialy'));
app.post('/draft', withBudget({ limitUsd: 0.5, window: 'hour', by: 'user' }));
// @ts-expect-error a budget without a window
app.post('/draft', withBudget({ limitUsd: 0.5 }));
// @ts-expect-error one budget only
app.post('/two', withBudget('tenant-daily', 'images'));
app.use(costErrors());

export const handler: RequestHandler = (req, _res, next) => req.costs.run(next);
export const spent = (req: Request): number => req.costs.charges.reduce((sum, { amount }) => sum + amount, 0);
export const closed: Promise<{ unsettled: number }> = cost.meter.close({ timeoutMs: 100 });
