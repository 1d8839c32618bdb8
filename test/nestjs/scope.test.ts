import { Readable } from 'node:stream';
import { type CostScope, CostService, Costs } from '@eden-cost/nestjs';
import {
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  type NestInterceptor,
  Param,
  Post,
  Query,
  Sse,
  StreamableFile,
  UseFilters,
  UseGuards,
  UseInterceptors,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import OpenAI from 'openai';
import { concatMap, from, interval, map, type Observable, take } from 'rxjs';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { PLATFORMS, useNest } from './kit.js';

describe.each(PLATFORMS)('on %s', (platform) => {
  const kit = useNest(platform);
  const chat = async (costUsd: number) =>
    readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, postInit(CHAT, { reply: { costUsd } })));
  const text = async (url: string, init?: RequestInit) => (await fetch(url, init)).text();

  describe('@Costs()', () => {
    @Controller()
    class Asks {
      @Get('ask')
      async ask(@Costs() costs: CostScope) {
        kit.eden.script({ costUsd: 0.25 });
        await new OpenAI({ baseURL: kit.eden.baseUrl, apiKey: 'any' }).chat.completions.create(CHAT);
        await chat(0.5);
        return { totalUsd: costs.totalUsd, calls: costs.charges.length };
      }

      @Get('many/:tenant')
      async many(@Param('tenant') tenant: string, @Costs() costs: CostScope) {
        await Promise.all([chat(Number(tenant) / 1000), chat(Number(tenant) / 1000)]);
        return String(costs.totalNanos);
      }
    }

    test('has the cost of a call as soon as its answer has been read', async () => {
      const { url } = await kit.serve({ controllers: [Asks] });
      expect(JSON.parse(await text(`${url}/ask`))).toEqual({ totalUsd: 0.75, calls: 2 });
    });

    test("is each request's own, for 100 at once", async () => {
      const { url } = await kit.serve({
        controllers: [Asks],
        cost: { labels: (context) => ({ tenant: context.switchToHttp().getRequest().params.tenant }) },
      });
      const indexes = Array.from({ length: 100 }, (_, index) => index);
      const totals = await Promise.all(indexes.map((index) => text(`${url}/many/${index}`)));
      expect(totals).toEqual(indexes.map((index) => String(index * 2_000_000)));
      const logged = kit.costLines().map(({ edenai }) => [edenai.labels.tenant, edenai.costNanos]);
      expect(new Map(logged as [string, number][])).toEqual(
        new Map(indexes.map((index) => [String(index), index * 2_000_000])),
      );
    });

    test('is a type that the compiler knows', () => {
      class Typed {
        // @ts-expect-error: a scope has no such member
        method = (costs: CostScope) => costs.totalEuro;
      }
      expect(Typed).toBeDefined();
    });
  });

  describe('the scope of a request holds', () => {
    @Injectable()
    class Guard implements CanActivate {
      constructor(@Inject(CostService) private readonly costs: CostService) {}
      async canActivate(context: ExecutionContext) {
        await chat(0.001);
        context.switchToHttp().getRequest().guarded = this.costs.current()?.id;
        return true;
      }
    }

    @Injectable()
    class Interceptor implements NestInterceptor {
      async intercept(_context: ExecutionContext, next: CallHandler) {
        await chat(0.002);
        return next.handle().pipe(concatMap((value) => from(chat(0.004)).pipe(map(() => value))));
      }
    }

    @Catch(RangeError)
    class Filter implements ExceptionFilter {
      constructor(@Inject(CostService) private readonly costs: CostService) {}
      async catch(_error: Error, host: ArgumentsHost) {
        await chat(0.008);
        host.switchToHttp().getResponse().send(`filtered ${this.costs.current()?.totalUsd}`);
      }
    }

    @Controller()
    @UseGuards(Guard)
    @UseInterceptors(Interceptor)
    @UseFilters(Filter)
    class Everywhere {
      @Get('handler')
      async handler() {
        await new Promise((resolve) => setTimeout(resolve, 1));
        await chat(0.016);
        return 'ok';
      }

      @Post('body')
      async body() {
        await chat(0.016);
        return 'ok';
      }

      @Get('throws')
      async throws() {
        await chat(0.016);
        throw new RangeError('no');
      }

      @Get('observable')
      observable(): Observable<string> {
        return interval(1).pipe(
          take(2),
          concatMap(() => from(chat(0.008))),
          map(() => 'part'),
        );
      }

      @Sse('sse')
      sse(): Observable<{ data: string }> {
        return interval(1).pipe(
          take(2),
          concatMap(() => from(chat(0.008))),
          map(() => ({ data: 'part' })),
        );
      }

      @Sse('generator')
      generator(): Observable<{ data: string }> {
        const parts = async function* () {
          for (let part = 0; part < 2; part++) {
            await chat(0.008);
            yield { data: 'part' };
          }
        };
        return from(parts());
      }

      @Get('file')
      file() {
        const parts = async function* () {
          for (let part = 0; part < 2; part++) {
            await chat(0.008);
            yield 'part';
            await new Promise((resolve) => setImmediate(resolve));
          }
        };
        return new StreamableFile(Readable.from(parts(), { objectMode: false }));
      }
    }

    test.each([
      ['guard, interceptor and handler', 'handler', 0.023, 'GET'],
      ['a handler behind a body parser', 'body', 0.023, 'POST'],
      ['an exception filter', 'throws', 0.027, 'GET'],
      ['an Observable', 'observable', 0.027, 'GET'], // the interceptor adds to each value
      ['@Sse with interval()', 'sse', 0.027, 'GET'],
      ['@Sse with a generator', 'generator', 0.027, 'GET'],
      ['a StreamableFile that is made while it is sent', 'file', 0.023, 'GET'],
    ])('in %s', async (_where, path, costUsd, method) => {
      const { url } = await kit.serve({
        controllers: [Everywhere],
        providers: [Guard, Interceptor, Filter],
        prepare: (app) => app.use((_req: unknown, _res: unknown, next: () => void) => setImmediate(next)),
      });
      const init = {
        method,
        headers: { 'content-type': 'application/json' },
        ...(method === 'POST' && { body: '{}' }),
      };
      const bodies = await Promise.all([1, 2, 3].map(() => text(`${url}/${path}`, init)));
      expect(bodies.every((body) => body === bodies[0])).toBe(true);
      await expectLines(3);
      expect(kit.costLines().map(({ edenai }) => edenai.costNanos)).toEqual(Array(3).fill(costUsd * 1e9));
      expect(kit.costLines().map(({ req, edenai }) => [req.route, edenai.late, edenai.aborted])).toEqual(
        Array(3).fill([`/${path}`, false, false]),
      );
    });
  });

  async function expectLines(count: number): Promise<void> {
    while (kit.costLines().length < count) await new Promise((resolve) => setImmediate(resolve));
  }

  describe('a request', () => {
    @Controller('docs')
    class Docs {
      @Get(':doc')
      async doc() {
        await chat(0.25);
        await chat(0.25);
        return 'ok';
      }

      @Get(':doc/quiet')
      quiet() {
        return 'ok';
      }

      @Get(':doc/late')
      async late(@Query('hold') _hold: string) {
        await chat(0.25);
        const hold = new Promise<void>((resolve) => {
          open = resolve;
        });
        kit.eden.script({ costUsd: 0.5, hold });
        late = fetch(`${kit.eden.baseUrl}/chat/completions`, postInit(CHAT)).then(readAnswer);
        return 'ok';
      }

      @Sse(':doc/endless')
      endless() {
        return from(chat(0.25)).pipe(concatMap(() => interval(5).pipe(map(() => ({ data: 'more' })))));
      }
    }
    let open = () => {};
    let late: Promise<unknown> = Promise.resolve();

    test('is one line, with the template of its route, whatever its URL holds', async () => {
      const { url } = await kit.serve({ controllers: [Docs], cost: { labels: () => ({ tenant: 'acme' }) } });
      await text(`${url}/docs/secret?key=secret`);
      expect(kit.costLines()).toEqual([
        {
          level: 30,
          msg: 'edenai request cost',
          req: { id: expect.any(String), method: 'GET', route: '/docs/:doc' },
          res: { statusCode: 200 },
          responseTime: expect.any(Number),
          edenai: expect.objectContaining({
            costUsd: 0.5,
            costNanos: 500_000_000,
            calls: 2,
            deniedCalls: 0,
            labels: { tenant: 'acme' },
            aborted: false,
            late: false,
          }),
        },
      ]);
      expect(JSON.stringify(kit.lines)).not.toContain('secret');
    });

    test('has the whole template behind a global prefix and a version, and none of it is warned of', async () => {
      const warned: unknown[] = [];
      @Controller({ path: 'docs', version: ['1', VERSION_NEUTRAL] })
      class Versioned extends Docs {}
      const { url } = await kit.serve({
        controllers: [Versioned],
        prepare(app) {
          app.useLogger({ log() {}, error() {}, warn: (message) => void warned.push(message) });
          app.setGlobalPrefix('api', { exclude: ['docs/:doc/late'] });
          app.enableVersioning({ type: VersioningType.URI });
        },
      });
      await text(`${url}/api/v1/docs/7`);
      await text(`${url}/api/docs/7`);
      await text(`${url}/docs/7/late`);
      open();
      await late;
      const routes = kit.costLines().map(({ req }) => req.route);
      expect(routes.slice(0, 3)).toEqual(['/api/v1/docs/:doc', '/api/docs/:doc', '/docs/:doc/late']);
      expect(warned).toEqual([]);
    });

    test('that calls nobody writes no line', async () => {
      const { url } = await kit.serve({ controllers: [Docs] });
      await text(`${url}/docs/7/quiet`);
      await text(`${url}/docs/7`);
      expect(kit.costLines()).toHaveLength(1);
    });

    test('whose call ends after the answer has a second line', async () => {
      const { url } = await kit.serve({ controllers: [Docs] });
      await text(`${url}/docs/7/late`);
      await kit.eden.received(2);
      open();
      await late;
      expect(kit.costLines().map(({ edenai }) => [edenai.costNanos, edenai.late])).toEqual([
        [250_000_000, false],
        [500_000_000, true],
      ]);
    });

    test('that its client leaves is one line all the same, and says so', async () => {
      const { url } = await kit.serve({ controllers: [Docs] });
      const client = new AbortController();
      const response = await fetch(`${url}/docs/7/endless`, { signal: client.signal });
      const reader = response.body?.getReader();
      for (let seen = ''; !seen.includes('more'); ) seen += Buffer.from((await reader?.read())?.value ?? []).toString();
      client.abort();
      await expectLines(1);
      expect(kit.costLines()).toMatchObject([{ edenai: { costNanos: 250_000_000, aborted: true } }]);
    });

    test('logs through its own logger where the options name none, without saying the request twice', async () => {
      const lines: object[] = [];
      const log = { info: (line: object) => lines.push(line), bindings: () => ({ req: {} }) };
      const { url } = await kit.serve({
        controllers: [Docs],
        cost: { logger: undefined as never },
        prepare: (app) => {
          const adapter = app.getHttpAdapter().getInstance();
          const put = (req: { raw?: object }) => Object.assign(req.raw ?? req, { log });
          if (platform === 'Express') {
            app.use((req: object, _res: unknown, next: () => void) => {
              put(req);
              next();
            });
          } else {
            adapter.addHook('preHandler', (req: object, _reply: unknown, done: () => void) => {
              put(req);
              done();
            });
          }
        },
      });
      await text(`${url}/docs/7`);
      expect(lines).toEqual([
        { res: { statusCode: 200 }, responseTime: expect.any(Number), edenai: expect.anything() },
      ]);
    });
  });
});
