import express, { type Express, type Request, type RequestHandler } from 'express';
import * as edenCost from './index.js';

test('exports what an Express app needs, and nothing else', () => {
  expect(Object.keys(edenCost).sort()).toMatchInlineSnapshot(`
[
  "BudgetExceededError",
  "CostError",
  "CreditsExhaustedError",
  "EdenReadError",
  "LedgerUnavailableError",
  "OptionsError",
  "PaymentRequiredError",
  "WebhookSignatureError",
  "costAware",
  "costErrors",
  "createMeter",
  "findDenial",
  "formatUsd",
  "isBudgetExceeded",
  "isCreditsExhausted",
  "memoryLedger",
  "withBudget",
]
`);
});

test('an error of core is the very same class here', async () => {
  const core = await import('@eden-cost/core');
  expect(edenCost.BudgetExceededError).toBe(core.BudgetExceededError);
});

// The types are tested by tsc: each line below an @ts-expect-error has to be wrong.
export function types(app: Express, req: Request): void {
  const usd: number = req.costs.totalUsd;
  const nanos: number = req.costs.totalNanos;
  const tenant: string | undefined = req.costs.labels.tenant;
  const charges: readonly edenCost.Charge[] = req.costs.charges;
  const scope: edenCost.CostScope = req.costs.label('plan', 7);
  const left: Promise<edenCost.Remaining[]> = req.costs.remaining('daily');
  // @ts-expect-error a number
  const text: string = req.costs.totalUsd;
  // @ts-expect-error only Eden Cost counts
  req.costs.totalUsd = 0;
  void [usd, nanos, tenant, charges, scope, left, text];

  const handler: edenCost.CostAwareHandler = edenCost.costAware({
    labels: (request) => ({ tenant: String(request.params.tenant), admin: request.secure, none: undefined }),
    budgets: [
      { name: 'daily', limitUsd: 5, window: 'day', by: 'tenant', timeZone: 'Europe/Paris' },
      {
        name: 'plan',
        limitUsd: async ({ labels }) => (labels.plan === 'pro' ? 50 : 5),
        window: 'month',
        fallbackUsd: 5,
      },
    ],
    status: { credits: 503 },
    logger: (line) => void line.msg,
  });
  const meter: edenCost.Meter = handler.meter;
  meter.on('denied', ({ budget, enforced }) => void [budget, enforced]);
  // @ts-expect-error there is no such window
  edenCost.costAware({ budgets: [{ name: 'yearly', limitUsd: 5, window: 'year' }] });
  // @ts-expect-error a label is a text, a number or a boolean
  edenCost.costAware({ labels: () => ({ tenant: { id: 7 } }) });
  // @ts-expect-error labels are read at once
  edenCost.costAware({ labels: async () => ({ tenant: 'acme' }) });

  app.use(handler, edenCost.costAware(meter));
  app.post('/image', edenCost.withBudget('images'), edenCost.withBudget({ limitUsd: 1, window: 'hour' }));
  app.use(edenCost.costErrors());
  const routed: RequestHandler = edenCost.withBudget();
  express.Router().use(routed);

  try {
    throw new Error('denied');
  } catch (error) {
    if (edenCost.isBudgetExceeded(error)) void (error.reason satisfies 'spent' | 'held');
    if (error instanceof edenCost.PaymentRequiredError) void (error.status satisfies number);
    const denial: edenCost.Denial | undefined = edenCost.findDenial(error);
    void denial;
  }
}
