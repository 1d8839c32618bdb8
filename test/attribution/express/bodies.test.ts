import express from 'express';
import multer from 'multer';
import { CHAT, postInit, readAnswer } from '../../support/calls.js';
import { useCostAware } from '../../support/cost-aware.js';
import { useServers } from '../../support/serve.js';
import { useStandIn } from '../../support/stand-in.js';
import { turnsUntil } from '../../support/turns.js';
import { bodyOf, KINDS } from '../bodies.js';

const standIn = useStandIn();
const kit = useCostAware(() => standIn.eden);
const serve = useServers();
const chat = async (costUsd: number) =>
  readAnswer(await fetch(`${standIn.eden.baseUrl}/chat/completions`, postInit(CHAT, { reply: { costUsd } })));

const upload = multer({ storage: multer.memoryStorage() });
const PARSERS: Record<keyof typeof KINDS, express.RequestHandler> = {
  json: express.json({ limit: '2mb' }),
  urlencoded: express.urlencoded({ limit: '2mb', extended: false }),
  multipart: upload.single('file'),
};

/** What each request costs is in its body, and nowhere else. */
const answer: express.RequestHandler = async (req, res) => {
  await chat(Number(req.body.costUsd));
  res.json({ totalUsd: req.costs.totalUsd, file: req.file?.size });
};

const COSTS = [0.125, 0.25, 0.375, 0.5, 0.625];

describe.each(['json', 'urlencoded', 'multipart'] as const)('a request whose body is %s', (kind) => {
  test.each([
    ['before its parser', (app: express.Express) => app.use(kit.costAware(), PARSERS[kind])],
    ['after its parser', (app: express.Express) => app.use(PARSERS[kind], kit.costAware())],
  ])('has its own cost beside others at once, with costAware %s', async (_where, mount) => {
    const app = express();
    mount(app);
    app.post('/ask', answer);
    const { url } = await serve(app);
    const all = COSTS.map(async (costUsd) => (await fetch(`${url}/ask`, bodyOf(kind, { costUsd }))).json());
    const file = kind === 'multipart' ? KINDS.multipart : undefined;
    expect(await Promise.all(all)).toEqual(COSTS.map((totalUsd) => ({ totalUsd, ...(file && { file }) })));
    await turnsUntil(() => kit.costLines().length >= COSTS.length);
    expect(kit.costLines().map(({ req, edenai }) => [req.route, edenai.costNanos, edenai.late])).toEqual(
      expect.arrayContaining(COSTS.map((costUsd) => ['/ask', costUsd * 1e9, false])),
    );
  });

  test('is denied by the budget of a label that is in its body', async () => {
    const app = express();
    const budgets = [{ name: 'tenant', limitUsd: 0.5, window: 'day', by: 'tenant' } as const];
    app.use(kit.costAware({ labels: (req) => ({ tenant: req.body?.tenant }), budgets }), PARSERS[kind]);
    app.post('/ask', answer);
    const { url } = await serve(app);
    const ask = async (tenant: string) => (await fetch(`${url}/ask`, bodyOf(kind, { tenant, costUsd: 0.5 }))).status;
    expect([await ask('acme'), await ask('acme'), await ask('globex')]).toEqual([200, 402, 200]);
  });
});

test("a storage engine of multer calls Eden AI through costs.run: a stream's events have the parser's context", async () => {
  const asking = multer({
    storage: {
      _handleFile: (req: express.Request, { stream }, done) => {
        stream.resume().on('end', () => {
          req.costs.run(() => chat(0.25)).then(() => done(null, {}), done);
        });
      },
      _removeFile: (_req, _file, done) => done(null),
    },
  });
  const app = express();
  app.use(kit.costAware(), asking.single('file'));
  app.post('/ask', (req, res) => void res.json(req.costs.totalUsd));
  const { url } = await serve(app);
  const send = async () => (await fetch(`${url}/ask`, bodyOf('multipart', {}))).json();
  expect(await Promise.all([send(), send(), send()])).toEqual([0.25, 0.25, 0.25]);
  expect(kit.costLines()).toHaveLength(3);
});
