import { Readable } from 'node:stream';
import { Budget, type CostScope, Costs } from '@eden-cost/nestjs';
import { Controller, Get, Post, StreamableFile, UseFilters } from '@nestjs/common';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { PLATFORMS, useNest } from './kit.js';

describe.each(PLATFORMS)('on %s', (platform) => {
  const kit = useNest(platform);
  const chat = async (costUsd = 0.5) => {
    await readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, postInit(CHAT, { reply: { costUsd } })));
    return 'ok';
  };

  describe("a middleware of the app's own module that goes on in another async context", () => {
    const queue: (() => void)[] = [];
    let timer: NodeJS.Timeout;
    beforeAll(() => {
      timer = setInterval(() => {
        for (const next of queue.splice(0)) next();
      }, 1);
    });
    afterAll(() => clearInterval(timer));

    class Filter {
      async catch(_error: unknown, host: { switchToHttp(): { getResponse(): { send(body: string): void } } }) {
        host.switchToHttp().getResponse().send('filtered');
      }
    }

    @Controller()
    class Asks {
      @Get('ask')
      async ask(@Costs() costs: CostScope) {
        await chat();
        return String(costs.totalUsd);
      }

      @Get('checked')
      @Budget()
      async checked(@Costs() costs: CostScope) {
        await chat();
        return String(costs.totalUsd);
      }

      @Get('file')
      file() {
        const parts = async function* () {
          yield await chat().then(() => '0.5');
        };
        return new StreamableFile(Readable.from(parts(), { objectMode: false }));
      }

      @Get('filtered')
      @UseFilters(Filter)
      async filtered() {
        await chat();
        throw new RangeError('no');
      }

      @Post('body')
      async body(@Costs() costs: CostScope) {
        await chat();
        return String(costs.totalUsd);
      }
    }

    const serve = () =>
      kit.serve({
        controllers: [Asks],
        middleware: (consumer) =>
          consumer.apply((_q: unknown, _r: unknown, next: () => void) => queue.push(next)).forRoutes(Asks),
        cost: {
          labels: () => ({ tenant: 'acme' }),
          budgets: [{ name: 'tenant', limitUsd: 0.5, window: 'day', by: 'tenant' }],
        },
      });

    test.each(['ask', 'checked', 'file'])('is still in the scope of its request: /%s', async (path) => {
      const { url } = await serve();
      const first = await fetch(`${url}/${path}`);
      expect([first.status, await first.text()]).toEqual([200, '0.5']);
      expect((await fetch(`${url}/${path}`)).status).toBe(402);
      while (kit.costLines().length < 2) await new Promise((resolve) => setImmediate(resolve));
      expect(kit.costLines().map(({ edenai }) => [edenai.costNanos, edenai.deniedCalls])).toEqual([
        [500_000_000, 0],
        [0, 1],
      ]);
    });

    // Fastify reads bodies after its middleware
    if (platform === 'Express') {
      test('such as one that reads the body itself', async () => {
        const { url } = await kit.serve({
          controllers: [Asks],
          middleware: (consumer) =>
            consumer
              .apply((req: Readable, _res: unknown, next: () => void) => {
                if (req.readableEnded) return next();
                req.on('data', () => {});
                req.on('end', next);
              })
              .forRoutes(Asks),
        });
        const response = await fetch(`${url}/body`, {
          method: 'POST',
          body: 'x'.repeat(200_000),
          headers: { 'content-type': 'application/octet-stream' },
        });
        expect([response.status, await response.text()]).toEqual([201, '0.5']);
      });
    }
  });

  describe.each([true, false])('with isGlobal: %s', (isGlobal) => {
    @Controller()
    class Asks {
      @Get('ask')
      ask(@Costs() costs: CostScope) {
        return String(costs.totalUsd);
      }
    }

    test("a call of a middleware of the app's own module belongs to its request", async () => {
      const { url } = await kit.serve({
        controllers: [Asks],
        cost: { isGlobal },
        middleware: (consumer) =>
          consumer
            .apply(async (_req: unknown, _res: unknown, next: (error?: unknown) => void) => {
              await chat(0.25).then(() => next(), next);
            })
            .forRoutes(Asks),
      });
      expect(await (await fetch(`${url}/ask`)).text()).toBe('0.25');
      expect(kit.costLines()).toMatchObject([{ req: { route: '/ask' }, edenai: { costNanos: 250_000_000 } }]);
    });

    test('a denial in one is a clean 402', async () => {
      const { url } = await kit.serve({
        controllers: [Asks],
        cost: { isGlobal, budgets: [{ name: 'none', limitUsd: 0, window: 'day' }] },
        middleware: (consumer) =>
          consumer
            .apply((_req: unknown, _res: unknown, next: (error?: unknown) => void) => {
              chat().then(() => next(), next);
            })
            .forRoutes(Asks),
      });
      const response = await fetch(`${url}/ask`);
      expect([response.status, await response.json()]).toEqual([
        402,
        expect.objectContaining({ code: 'ERR_COST_BUDGET_EXCEEDED' }),
      ]);
    });
  });
});
