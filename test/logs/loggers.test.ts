import { manualClock } from '@eden-cost/testing';
import { useApps } from './kit.js';
import { LOGGERS } from './loggers.js';
import { isCostLine, sink } from './sink.js';

const kit = useApps();

describe.each(Object.entries(LOGGERS))('%s', (_name, loggerTo) => {
  it('gets one line of JSON for a request, with its costs as numbers', async () => {
    const { stream, lines, costLines } = sink();
    const clock = manualClock();
    const costs = kit.costAware({ logger: loggerTo(stream), labels: () => ({ tenant: 'a\n"b"' }), clock });
    const app = kit.app([costs], async (_req, res) => {
      await kit.chat({ costUsd: 0.01234, inputTokens: 2000, outputTokens: 1500 });
      clock.advance(812);
      res.status(201).send('answered');
    });
    expect(await kit.get(app)).toBe(201);

    expect(await costLines(1)).toMatchObject([
      {
        req: { id: expect.stringMatching(/^[0-9a-f-]{36}$/), method: 'GET', route: '/ask/:id' },
        res: { statusCode: 201 },
        responseTime: 812,
        edenai: {
          costUsd: 0.01234,
          costNanos: 12_340_000,
          calls: 1,
          failedCalls: 0,
          deniedCalls: 0,
          unpricedCalls: 0,
          models: ['openai/gpt-4o'],
          inputTokens: 2000,
          outputTokens: 1500,
          basis: 'reported',
          labels: { tenant: 'a\n"b"' },
          aborted: false,
          late: false,
        },
      },
    ]);
    expect(lines().filter((line) => !isCostLine(line))).toHaveLength(1); // at start
  });

  it("gets the operator's lines as well, at their levels", async () => {
    const { stream, lines } = sink();
    const budgets = [{ name: 'all', limitUsd: 0.01, window: 'total' as const }];
    const costs = kit.costAware({ logger: loggerTo(stream), budgets, circuit: false });
    const app = kit.app([costs], async (_req, res) => {
      res.send([await kit.chat({ status: 402 }), await kit.chat({ costUsd: 0.01 }), await kit.chat()]);
    });
    await kit.get(app);
    await costs.meter.close();

    const levels: Record<string, string> = { 30: 'info', 40: 'warn', 50: 'error' };
    const told = lines().map(({ level, msg, message }) => [levels[String(level)] ?? level, msg ?? message]);
    expect(told).toEqual([
      ['info', 'edenai cost meter started'],
      ['error', expect.stringMatching(/^Eden AI answered 402 Payment Required/)],
      ['warn', 'edenai budget "all" has reached 80 % of its limit'],
      ['warn', 'edenai budget "all" has reached 100 % of its limit'],
      ['warn', 'edenai calls denied: budget "all" is spent'],
      ['info', 'edenai request cost'],
      ['info', 'edenai cost meter closed'],
    ]);
  });
});

it('false: nothing is written, and nothing falls back to stdout', async () => {
  const write = jest.spyOn(process.stdout, 'write');
  const costs = kit.costAware({ logger: false });
  expect(
    await kit.get(
      kit.app([costs], async (_req, res) => {
        await kit.chat();
        res.send('answered');
      }),
    ),
  ).toBe(200);
  await costs.meter.close();
  expect(write).not.toHaveBeenCalled();
});
