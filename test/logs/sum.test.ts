import { spawnSync } from 'node:child_process';
import { pinoHttp } from 'pino-http';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { many, sum } from '../support/lists.js';
import { turnsUntil } from '../support/turns.js';
import { unnamed, useApps } from './kit.js';
import { LOGGERS } from './loggers.js';
import { isCostLine, type Line, type Sink, sink } from './sink.js';

const kit = useApps();

/** What `jq -n '[inputs.edenai.costUsd] | add'` makes of lines: those of operators have no cost, and add nothing. */
const added = (lines: Line[]): number => sum(lines.map(({ edenai }) => edenai?.costUsd ?? 0));

const nanos = (usd: number): number => Math.round(usd * 1e9);

async function startJob(): Promise<string> {
  const body = { model: 'ocr/invoice_parser/mindee', input: { file: 'x' } };
  const started = await fetch(`${kit.eden.url}/v3/universal-ai/async`, postInit(body));
  return ((await started.json()) as { public_id: string }).public_id;
}

/** Requests of every kind at once, one of which is answered before its last call is. Resolves when all are settled. */
async function traffic(before: Parameters<typeof kit.app>[0]): Promise<void> {
  let letGo = () => {};
  const hold = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const kinds: Record<string, (index: number) => Promise<unknown>> = {
    chats: (index) => Promise.all([kit.chat({ costUsd: 0.1 }), kit.chat({ costUsd: 0.2 + index / 1e9 })]),
    stream: async () => {
      const body = { ...CHAT, stream: true };
      await readAnswer(
        await fetch(`${kit.eden.baseUrl}/chat/completions`, postInit(body, { reply: { costUsd: 0.07 } })),
      );
    },
    failures: () => Promise.all([kit.chat({ status: 500 }), kit.chat({ status: 402 }), kit.chat({ cached: true })]),
    job: async () => {
      const id = await startJob();
      for (let poll = 0; poll < 4; poll++) await (await fetch(`${kit.eden.url}/v3/universal-ai/async/${id}`)).text();
    },
    late: async () => {
      kit.eden.script({ hold, costUsd: 0.000001234 });
      void kit.chat();
      await kit.eden.received(1);
    },
  };
  const app = kit.app(before, async (req, res) => {
    const [kind = '', index] = String(req.params.id).split('-');
    await kinds[kind]?.(Number(index));
    res.send('answered');
  });
  await kit.get(app, '/ask/late');
  const { url } = await kit.serve(app);
  const paths = ['chats', 'stream', 'failures', 'job'].flatMap((kind) => many(3, (index) => `${kind}-${index}`));
  await Promise.all(paths.map(async (path) => (await fetch(`${url}/ask/${path}`)).text()));
  letGo();
}

async function expectBooks({ lines, text }: Sink): Promise<void> {
  const books = kit.eden.books().totalNanos;
  expect(books).toBeGreaterThan(1_000_000_000);
  await turnsUntil(() => nanos(added(lines())) === books);
  expect(sum(lines().map(({ edenai }) => Number(edenai?.costNanos ?? 0)))).toBe(books);
  expect(lines().filter(({ edenai }) => edenai?.late === true).length).toBeGreaterThan(0);
  expect(
    lines()
      .filter(isCostLine)
      .every(({ edenai }) => typeof edenai?.costUsd === 'number'),
  ).toBe(true);
  const jq = spawnSync('jq', ['-n', '[inputs.edenai.costUsd] | add'], { input: text(), encoding: 'utf8' });
  if (jq.error === undefined) expect(nanos(Number(jq.stdout))).toBe(books);
}

test.each(Object.entries(LOGGERS))("the lines of %s add up to Eden AI's books", async (_name, loggerTo) => {
  const told = sink();
  const costs = kit.costAware({ logger: loggerTo(told.stream) });
  await traffic([costs]);
  await costs.meter.close();
  await expectBooks(told);
});

test("those that pino-http's loggers write as well", async () => {
  const told = sink();
  const costs = kit.costAware(unnamed().options);
  await traffic([pinoHttp({}, told.stream), costs]);
  await costs.meter.close();
  await expectBooks(told);
});
