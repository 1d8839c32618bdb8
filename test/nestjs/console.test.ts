import { stripVTControlCharacters } from 'node:util';
import type { CostModuleOptions } from '@eden-cost/nestjs';
import * as nest from '@nestjs/common';
import { ConsoleLogger, Controller, Get, Logger, type LoggerService } from '@nestjs/common';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { useNest } from './kit.js';

describe("Nest's own console", () => {
  const kit = useNest();
  const written: string[] = [];
  beforeEach(() => {
    for (const stream of [process.stdout, process.stderr]) {
      jest.spyOn(stream, 'write').mockImplementation((text) => {
        written.push(String(text));
        return true;
      });
    }
  });
  afterEach(() => {
    jest.restoreAllMocks();
    written.length = 0;
    Logger.overrideLogger(false);
  });

  @Controller()
  class Asks {
    @Get('ask/:what')
    async ask() {
      const init = postInit(CHAT, { reply: { costUsd: 0.00001905 } });
      await readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, init));
      return 'ok';
    }
  }

  const ours = () => written.filter((text) => text.includes('EdenCost'));

  async function ask(logger: LoggerService, cost: CostModuleOptions = {}): Promise<void> {
    const app = await kit.create({ controllers: [Asks], cost: { logger: undefined as never, ...cost } });
    app.useLogger(logger);
    await app.listen(0, '127.0.0.1');
    await (await fetch(`${await app.getUrl()}/ask/secret`)).text();
    await app.close();
  }

  test('gets one line of text that a person can read', async () => {
    await ask(new ConsoleLogger('', { timestamp: false }), {
      labels: () => ({ tenant: 'acme', note: 'a\nb\u001b[2J' }),
    });
    const plain = ours().map((text) => stripVTControlCharacters(text));
    expect(plain.map((text) => text.match(/\n/g)?.length)).toEqual([1, 1]);
    expect(plain[0]).toMatch(
      /LOG \[EdenCost\] edenai request cost GET \/ask\/:what 200 0\.00001905 USD \(1 call, tenant=acme, note="a\\nb\\u001b\[2J"\)/,
    );
    expect(plain[1]).toContain('edenai cost meter closed (restored=true, unsettled=0)');
  });

  test('gets its warnings as lines as well', async () => {
    await ask(new ConsoleLogger('', { timestamp: false }), { budgets: [{ name: 'none', limitUsd: 0, window: 'day' }] });
    const plain = ours().map((text) => stripVTControlCharacters(text));
    expect(plain.every((text) => text.match(/\n/g)?.length === 1)).toBe(true);
    expect(plain.join('')).toMatch(
      /WARN \[EdenCost\] edenai calls denied: budget "none" is spent \(budget=none, reason=spent, enforced=true, count=1\)/,
    );
    expect(plain.join('')).toMatch(/edenai request cost GET \/ask\/:what 402 0\.00 USD \(1 denied\)/);
  });

  // Nest 10 does not
  if ('ParseDatePipe' in nest) {
    test('gets objects where it writes JSON', async () => {
      await ask(new (ConsoleLogger as new (options: object) => ConsoleLogger)({ json: true, colors: false }));
      const [line] = ours().map((text) => JSON.parse(text));
      expect(line.message).toMatchObject({
        msg: 'edenai request cost',
        req: { route: '/ask/:what' },
        edenai: { calls: 1 },
      });
    });
  }
});
