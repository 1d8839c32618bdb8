import { BudgetExceededError, costErrors } from '@eden-cost/express';
import express, { type RequestHandler } from 'express';
import OpenAI from 'openai';
import { CHAT, postInit } from '../support/calls.js';
import { useCostAware } from '../support/cost-aware.js';
import { useQuietExpress } from '../support/quiet-express.js';
import { rawRequest } from '../support/raw-http.js';
import { useServers } from '../support/serve.js';
import { useStandIn } from '../support/stand-in.js';

const standIn = useStandIn();
const serve = useServers();
const kit = useCostAware(() => standIn.eden);

useQuietExpress();

/** As Stripe's SDK raises a declined card. */
class StripeCardError extends Error {
  override readonly name = 'StripeCardError';
  readonly type = 'StripeCardError';
  readonly statusCode = 402;
  readonly code = 'card_declined';
  constructor(
    readonly headers: Record<string, string>,
    options?: ErrorOptions,
  ) {
    super('Your card was declined.', options);
  }
}

/** A payment service, which has heard of our header too. */
const PAYMENT_HEADERS = { 'request-id': 'req_1', 'x-eden-cost-denial': 'b7a0c2f4-0000-4000-8000-000000000000' };

async function chargeCard(url: string): Promise<never> {
  const response = await fetch(`${url}/v1/charges`, { method: 'POST' });
  expect(response.status).toBe(402);
  await response.text();
  // not `connection`: Express would copy it, and the test wait until the kept connection ends
  const { connection, ...headers } = Object.fromEntries(response.headers);
  throw new StripeCardError(headers);
}

type Failing = (url: string, denial: unknown) => Promise<unknown>;

const caughtFrom = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

/** What the handler of a request raises after it has handled a denial. */
const FAILURES: Record<string, Failing> = {
  "Stripe's own error": (url) => chargeCard(url),
  "an error whose cause is Stripe's": async (url) => {
    throw new Error('No subscription', { cause: await caughtFrom(chargeCard(url)) });
  },
  "a 402 of the app's whose cause is Stripe's": async (url) => {
    const cause = await caughtFrom(chargeCard(url));
    throw Object.assign(new Error('No subscription', { cause }), {
      status: 402,
      expose: true,
      headers: { link: '</pay>' },
    });
  },
  'a 402 whose cause is the handled denial': async (_url, denial) => {
    throw Object.assign(new Error('Please upgrade', { cause: denial }), {
      statusCode: 402,
      headers: { link: '</pay>' },
    });
  },
  "Stripe's own error, raised because of the handled denial": async (_url, denial) => {
    throw new StripeCardError({ 'retry-after': '60' }, { cause: denial });
  },
  'errors of several': async (url) => {
    throw new AggregateError([await caughtFrom(chargeCard(url)), new Error('other')], 'All failed');
  },
  'an error with a response': async (url) => {
    const response = await fetch(`${url}/v1/charges`, { method: 'POST' });
    throw Object.assign(new Error('402'), { response, status: response.status });
  },
  'an SDK of another provider': (url) =>
    new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any' }).chat.completions.create(CHAT),
  'an error with getters that throw': async () => {
    throw Object.defineProperties(new Error('odd'), {
      headers: {
        get: () => {
          throw new Error('no headers');
        },
      },
      cause: {
        get: () => {
          throw new Error('no cause');
        },
      },
    });
  },
  'an error that is its own cause': async () => {
    const error = new Error('round');
    throw Object.assign(error, { cause: error });
  },
  'a text': async () => {
    throw 'sold out';
  },
  'a mistake of the app': async () => {
    throw new TypeError('undefined is not a function');
  },
};

async function answer(failing: Failing, { environment, metered }: { environment: string; metered: boolean }) {
  const { url: payments } = await serve((_req, res) => {
    const body = '{"error":{"type":"card_error","code":"card_declined"}}';
    res.writeHead(402, { 'content-type': 'application/json', 'content-length': body.length, ...PAYMENT_HEADERS });
    res.end(body);
  });
  const app = express().set('env', environment);
  if (metered) app.use(kit.costAware({ budgets: [{ name: 'nothing-left', limitUsd: 0, window: 'day' }] }));
  const handler: RequestHandler = async () => {
    const denial = await caughtFrom(kit.openai().chat.completions.create(CHAT));
    const plainDenial = await caughtFrom(fetch(`${standIn.eden.baseUrl}/chat/completions`, postInit(CHAT)));
    if (metered) expect([denial, plainDenial]).toEqual([expect.any(OpenAI.APIError), expect.any(BudgetExceededError)]);
    await failing(payments, plainDenial);
  };
  app.post('/pay', handler);
  if (metered) app.use(costErrors());
  const { url } = await serve(app);
  const { text } = await rawRequest(`${url}/pay`, { method: 'POST' });
  return text.replace(/^date: .*\r\n/im, '').replaceAll(payments, 'http://payments');
}

const MATRIX = ['development', 'production'].flatMap((environment) =>
  Object.keys(FAILURES).map((failure) => [failure, environment] as const),
);

test.each(MATRIX)('after a handled denial, %s is answered exactly as without us (%s)', async (failure, environment) => {
  const failing = FAILURES[failure] as Failing;
  const bare = await answer(failing, { environment, metered: false });
  const metered = await answer(failing, { environment, metered: true });
  expect(bare).toMatch(failure.startsWith('Stripe') ? /^HTTP\/1.1 402 / : /^HTTP\/1.1 [45]\d\d /);
  expect(metered).toBe(bare);
  expect(kit.costLines()).toMatchObject([{ edenai: { deniedCalls: 2, calls: 0 } }]);
});

test('a denied call of one request is no excuse for an error of another', async () => {
  const app = express().set('env', 'production');
  app.use(kit.costAware({ budgets: [{ name: 'nothing-left', limitUsd: 0, window: 'day' }] }));
  app.get('/ask', () => kit.openai().chat.completions.create(CHAT));
  app.get('/pay', () => {
    throw new StripeCardError(PAYMENT_HEADERS);
  });
  const { url } = await serve(app);
  const [asked, paid] = await Promise.all([rawRequest(`${url}/ask`), rawRequest(`${url}/pay`)]);
  expect([asked.status, asked.headers['x-eden-cost-denial'], asked.headers['request-id']]).toEqual([
    402,
    undefined,
    undefined,
  ]);
  expect([paid.status, paid.headers['request-id']]).toEqual([402, 'req_1']);
});

test("Express's own ways out of a route stay what they are", async () => {
  const app = express().use(kit.costAware());
  const way: RequestHandler = (req, _res, next) => next(req.query.to);
  app.get('/route', way, (_req, res) => void res.send('skipped'));
  app.get('/route', (_req, res) => void res.send('next route'));
  app.use(
    '/router',
    express
      .Router()
      .get('/', way)
      .get('/', (_req, res) => void res.send('skipped')),
  );
  app.get('/router', (_req, res) => void res.send('after the router'));
  const { url } = await serve(app);
  expect((await rawRequest(`${url}/route?to=route`)).body).toBe('next route');
  expect((await rawRequest(`${url}/router?to=router`)).body).toBe('after the router');
});
