import { CreditsExhaustedError, costErrors, type LogLine } from '@eden-cost/express';
import { manualClock, PAYMENT_REQUIRED, type PaymentRequiredShape, type ReplyOptions } from '@eden-cost/testing';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import OpenAI from 'openai';
import { CHAT, postInit } from '../support/calls.js';
import { AMOUNTS, CANARIES, expectNothingPrivate } from '../support/canaries.js';
import { useCostAware } from '../support/cost-aware.js';
import { useQuietExpress } from '../support/quiet-express.js';
import { type RawAnswer, rawRequest } from '../support/raw-http.js';
import { useServers } from '../support/serve.js';
import { useStandIn } from '../support/stand-in.js';

const standIn = useStandIn();
const serve = useServers();
const kit = useCostAware(() => standIn.eden);

useQuietExpress();

const SHAPES = Object.keys(PAYMENT_REQUIRED) as PaymentRequiredShape[];

/** Eden AI's 402, with something private in each header and, beside what Eden AI says, in the body. */
function refusal(shape: PaymentRequiredShape): ReplyOptions {
  const body = {
    ...JSON.parse(PAYMENT_REQUIRED[shape]),
    request_id: CANARIES.body,
    key: CANARIES.key,
    balance: 0.0731,
  };
  return {
    status: 402,
    body: JSON.stringify(body),
    retryAfter: 7310,
    chunked: true,
    headers: {
      'set-cookie': `session=${CANARIES.header}`,
      'x-account-balance': '0.0731',
      'x-request-id': CANARIES.header,
      'content-language': CANARIES.header,
      'www-authenticate': CANARIES.header,
      'x-eden-cost-denial': CANARIES.header,
    },
  };
}

const PROMPT = { ...CHAT, messages: [{ role: 'user' as const, content: CANARIES.prompt }] };

const HANDLERS: Record<string, RequestHandler> = {
  'the openai SDK': async () => {
    await kit.openai({ apiKey: CANARIES.key }).chat.completions.create(PROMPT);
  },
  'the openai SDK, streamed': async () => {
    await kit.openai({ apiKey: CANARIES.key }).chat.completions.create({ ...PROMPT, stream: true });
  },
  'a plain fetch': async () => {
    await fetch(
      `${standIn.eden.url}/v3/universal-ai`,
      postInit(PROMPT, { headers: { authorization: `Bearer ${CANARIES.key}` } }),
    );
  },
  'a client like axios': async () => {
    const headers = { authorization: `Bearer ${CANARIES.key}`, 'user-agent': 'axios/1.13.2' };
    const response = await fetch(`${standIn.eden.url}/v3/messages`, postInit(PROMPT, { headers }));
    const data = await response.text();
    throw Object.assign(new Error(`Request failed with status code ${response.status}: ${data}`), {
      name: 'AxiosError',
      status: response.status,
      config: { headers, data: JSON.stringify(PROMPT) },
      response: { status: response.status, headers: Object.fromEntries(response.headers), data },
    });
  },
  'a client like the AI SDK, after retries': async () => {
    const headers = { authorization: `Bearer ${CANARIES.key}`, 'user-agent': 'ai/6.0.3' };
    const response = await fetch(`${standIn.eden.url}/v2/text/chat`, postInit(PROMPT, { headers }));
    const responseHeaders = Object.fromEntries(response.headers);
    const body = await response.text();
    const last = Object.assign(new Error(body), { statusCode: response.status, responseHeaders, responseBody: body });
    throw Object.assign(new Error(`Failed after 3 attempts. Last error: ${body}`), {
      name: 'AI_RetryError',
      lastError: last,
      errors: [last],
    });
  },
};

const labels = () => ({ tenant: CANARIES.label });

async function answerOf(
  handler: RequestHandler,
  { environment = 'production', problem = false } = {},
): Promise<RawAnswer> {
  const app = express().set('env', environment);
  app.use(kit.costAware({ labels, log: { labels: false } }));
  app.post('/ask', handler);
  if (problem) app.use(costErrors());
  const { url } = await serve(app);
  return rawRequest(`${url}/ask`, { method: 'POST', headers: { accept: 'application/json' } });
}

const PRIVATE = new RegExp(`canary|${AMOUNTS.source}|nsufficient|_credits|node_modules`);

describe.each(SHAPES)("Eden AI's own 402 with the body '%s'", (shape) => {
  const MATRIX = ['development', 'production'].flatMap((environment) =>
    Object.keys(HANDLERS).map((client) => [client, environment] as const),
  );

  test.each(MATRIX)('is a clean 402, and private in every respect, from %s in %s', async (client, environment) => {
    standIn.eden.script(refusal(shape));
    const answer = await answerOf(HANDLERS[client] as RequestHandler, { environment });
    expect([answer.status, answer.reason]).toEqual([402, 'Payment Required']);
    expect(answer.headers).not.toHaveProperty('retry-after');
    expect(answer.headers).not.toHaveProperty('set-cookie');
    expectNothingPrivate(answer);
    expect(kit.costLines()).toHaveLength(1);
    expect(JSON.stringify(kit.lines)).not.toMatch(PRIVATE);
  });

  test('is a problem with nothing in it but its kind, through costErrors()', async () => {
    standIn.eden.script(refusal(shape));
    const answer = await answerOf(HANDLERS['the openai SDK'] as RequestHandler, { problem: true });
    expect(JSON.parse(answer.body)).toEqual({
      type: 'urn:eden-cost:credits-exhausted',
      title: 'Payment Required',
      status: 402,
      code: 'ERR_COST_CREDITS_EXHAUSTED',
    });
    expect(answer.text.replaceAll(/urn:eden-cost:credits-exhausted|ERR_COST_CREDITS_EXHAUSTED/g, '')).not.toMatch(
      PRIVATE,
    );
  });
});

test("is a CreditsExhaustedError for the app's error middleware, with what Eden AI said in its cause", async () => {
  standIn.eden.script(refusal('openai'));
  const seen: unknown[] = [];
  const remember: ErrorRequestHandler = (error, _req, _res, next) => {
    seen.push(error);
    next(error);
  };
  const app = express().set('env', 'production');
  app.use(kit.costAware());
  app.get('/ask', HANDLERS['the openai SDK'] as RequestHandler, remember as unknown as RequestHandler);
  const { url } = await serve(app);
  await rawRequest(`${url}/ask`);
  expect(seen).toEqual([expect.any(CreditsExhaustedError)]);
  expect(seen[0]).toMatchObject({
    code: 'ERR_COST_CREDITS_EXHAUSTED',
    status: 402,
    reason: 'credits',
    headers: {},
    message: 'AI features are not available: payment required',
  });
  expect((seen[0] as Error).cause).toBeInstanceOf(OpenAI.APIError);
  expect((seen[0] as { cause: { error: unknown } }).cause.error).toMatchObject({ code: 'insufficient_credits' });
});

test('the answer that the SDK reads is untouched but for one header', async () => {
  standIn.eden.script(refusal('openai'));
  let raised: InstanceType<typeof OpenAI.APIError> | undefined;
  await answerOf(async (_req, res) => {
    raised = await kit
      .openai()
      .chat.completions.create(PROMPT)
      .catch((error) => error);
    res.send('ok');
  });
  expect(raised?.error).toEqual(JSON.parse(PAYMENT_REQUIRED.openai).error);
  expect(raised?.headers?.get('x-account-balance')).toBe('0.0731');
  expect(raised?.headers?.get('x-eden-cost-denial')).toMatch(new RegExp(`^${CANARIES.header}, [0-9a-f-]{36}$`));
});

test('an empty balance denies, books nothing, and a refill ends it', async () => {
  standIn.eden.setBalance(0.01);
  const app = express().set('env', 'production');
  app.use(kit.costAware({ budgets: [{ name: 'day', limitUsd: 5, window: 'day' }], circuit: false }));
  app.get('/ask', async (req, res) => {
    await kit.openai().chat.completions.create(CHAT);
    res.json(req.costs.totalNanos);
  });
  app.get('/left', async (req, res) => void res.json(await req.costs.remaining('day')));
  const { url } = await serve(app);
  const ask = async () => (await rawRequest(`${url}/ask`)).status;
  standIn.eden.script({ costUsd: 0.01 });
  expect([await ask(), await ask(), await ask()]).toEqual([200, 402, 402]);
  const left = JSON.parse((await rawRequest(`${url}/left`)).body);
  expect(left).toMatchObject([{ budget: 'day', remainingUsd: 4.99, heldUsd: 0 }]);
  standIn.eden.topUp(1);
  expect(await ask()).toBe(200);
});

describe('the operator', () => {
  const operatorLines = () => kit.lines.filter(({ level }) => level === 50);

  async function run(clock = manualClock()) {
    const app = express().set('env', 'production');
    const handler = kit.costAware({ clock, labels, log: { labels: false } });
    app.use(handler);
    app.get('/ask', HANDLERS['the openai SDK'] as RequestHandler);
    const { url } = await serve(app);
    const ask = () => rawRequest(`${url}/ask`);
    return { clock, meter: handler.meter, ask };
  }

  test('is told what to do, in one error line, at once', async () => {
    standIn.eden.script(refusal('openai'));
    const { ask } = await run();
    await ask();
    expect(operatorLines()).toEqual([
      {
        level: 50,
        msg:
          "Eden AI answered 402 Payment Required: the account's credits, or this API key's own budget, are used up. " +
          'Every call now fails. Buy credits, turn on auto-refill, or raise the budget of the key in the Eden AI dashboard.',
        edenai: { reason: 'credits', count: 1 },
      },
    ] satisfies LogLine[]);
  });

  test('is told at most once a minute, with how often it happened', async () => {
    standIn.eden.script({ ...refusal('openai'), times: Number.POSITIVE_INFINITY });
    const { clock, ask } = await run();
    for (let i = 0; i < 5; i += 1) await ask();
    expect(operatorLines()).toHaveLength(1);
    clock.advance(59_999);
    expect(operatorLines()).toHaveLength(1);
    clock.advance(1);
    expect(operatorLines().map(({ edenai }) => (edenai as { count: number }).count)).toEqual([1, 4]);
    clock.advance(600_000);
    expect(operatorLines()).toHaveLength(2);
    await ask();
    expect(operatorLines()).toHaveLength(3);
  });

  test("hears of it as an event too, once for each of Eden AI's answers", async () => {
    standIn.eden.script({ ...refusal('openai'), times: 2 });
    const { clock, meter, ask } = await run();
    const credits: unknown[] = [];
    meter.on('credits', (told) => credits.push(told));
    await ask();
    clock.advance(5_000); // until then, calls with that key are denied here
    await ask();
    expect(credits).toEqual([
      { denialId: expect.any(String), at: expect.any(Number) },
      { denialId: expect.any(String), at: expect.any(Number) },
    ]);
  });

  test('is not told so when only a local budget is spent', async () => {
    const app = express().set('env', 'production');
    app.use(kit.costAware({ budgets: [{ name: 'nothing', limitUsd: 0, window: 'day' }] }));
    app.get('/ask', HANDLERS['the openai SDK'] as RequestHandler);
    const { url } = await serve(app);
    for (let i = 0; i < 3; i += 1) await rawRequest(`${url}/ask`);
    expect(operatorLines()).toEqual([]);
    expect(kit.lines.filter(({ msg }) => msg.includes('denied'))).toEqual([
      {
        level: 40,
        msg: 'edenai calls denied: budget "nothing" is spent',
        edenai: { budget: 'nothing', reason: 'spent', enforced: true, count: 1 },
      },
    ]);
  });
});
