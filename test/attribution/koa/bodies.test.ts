import bodyParser from '@koa/bodyparser';
import multer from '@koa/multer';
import type { Middleware } from 'koa';
import Koa from 'koa';
import { koaBody } from 'koa-body';
import { useKoa } from '../../koa/kit.js';
import { CHAT, postInit, readAnswer } from '../../support/calls.js';
import { turnsUntil } from '../../support/turns.js';
import { bodyOf, type KINDS } from '../bodies.js';

const kit = useKoa();
const chat = async (costUsd: number) =>
  readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, postInit(CHAT, { reply: { costUsd } })));

const limits = { jsonLimit: '2mb', formLimit: '2mb' };
type Body = Record<string, string | number> | undefined;
const bodyIn = (request: object) => (request as { body?: Body }).body;

const PARSERS: [string, keyof typeof KINDS, () => Middleware][] = [
  ['@koa/bodyparser', 'json', () => bodyParser(limits) as Middleware],
  ['@koa/bodyparser', 'urlencoded', () => bodyParser(limits) as Middleware],
  ['koa-body', 'json', () => koaBody(limits) as Middleware],
  ['koa-body', 'multipart', () => koaBody({ multipart: true }) as Middleware],
  ['@koa/multer', 'multipart', () => multer({ storage: multer.memoryStorage() }).single('file') as Middleware],
];

const COSTS = [0.125, 0.25, 0.375, 0.5, 0.625];

describe.each(PARSERS)('behind %s, a request whose body is %s', (_name, kind, parser) => {
  /** What a request costs is in its body, and nowhere else. */
  const answer: Middleware = async (ctx) => {
    await chat(Number(bodyIn(ctx.request)?.costUsd));
    ctx.body = { totalUsd: ctx.costs.totalUsd };
  };

  test.each(['before', 'after'])('has its own cost beside others at once, with costAware %s it', async (where) => {
    const app = new Koa();
    const all = [kit.costAware(), parser()];
    for (const one of where === 'before' ? all : all.reverse()) app.use(one);
    const { url } = await kit.serve(app.use(answer));
    const answers = COSTS.map(async (costUsd) => (await fetch(url, bodyOf(kind, { costUsd }))).json());
    expect(await Promise.all(answers)).toEqual(COSTS.map((totalUsd) => ({ totalUsd })));
    await turnsUntil(() => kit.costLines().length >= COSTS.length);
    expect(kit.costLines().map(({ edenai }) => edenai.costNanos)).toEqual(
      expect.arrayContaining(COSTS.map((costUsd) => costUsd * 1e9)),
    );
  });

  test('is denied by the budget of a label that is in its body', async () => {
    const app = new Koa();
    const budgets = [{ name: 'tenant', limitUsd: 0.5, window: 'day', by: 'tenant' } as const];
    app.use(kit.costAware({ labels: (ctx) => ({ tenant: bodyIn(ctx.request)?.tenant }), budgets }));
    const { url } = await kit.serve(app.use(parser()).use(answer));
    const ask = async (tenant: string) => (await fetch(url, bodyOf(kind, { tenant, costUsd: 0.5 }))).status;
    expect([await ask('acme'), await ask('acme'), await ask('globex')]).toEqual([200, 402, 200]);
  });
});

test("each request that is read by ctx.req.on('end') has its own cost, through costs.run", async () => {
  const app = kit.app({}, async (ctx) => {
    await new Promise<void>((resolve, reject) => {
      ctx.req.on('data', () => {});
      ctx.req.on('end', () => ctx.costs.run(() => chat(0.25)).then(() => resolve(), reject));
    });
    ctx.body = ctx.costs.totalUsd;
  });
  const { url } = await kit.serve(app);
  const send = async () => (await fetch(url, { method: 'POST', body: 'x'.repeat(200_000) })).json();
  expect([await send(), ...(await Promise.all([send(), send(), send()]))]).toEqual(Array(4).fill(0.25));
  expect(kit.costLines()).toHaveLength(4);
});
