import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { type CostModuleOptions, CostService, type PaymentRequiredException } from '@eden-cost/nestjs';
import {
  type ArgumentsHost,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  Header,
  HttpException,
  Inject,
  Injectable,
  Logger,
  Param,
  type PipeTransform,
  Post,
  Res,
  StreamableFile,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import OpenAI from 'openai';
import { from, mergeMap, type Observable } from 'rxjs';
import { ASKERS, askers } from '../support/askers.js';
import { CANARIES, expectNothingPrivate } from '../support/canaries.js';
import { rawRequest } from '../support/raw-http.js';
import { PLATFORMS, useNest } from './kit.js';

const BUDGET = {
  type: 'urn:eden-cost:budget-exceeded',
  title: 'Payment Required',
  status: 402,
  code: 'ERR_COST_BUDGET_EXCEEDED',
};
const CREDITS = { ...BUDGET, type: 'urn:eden-cost:credits-exhausted', code: 'ERR_COST_CREDITS_EXHAUSTED' };

describe.each(PLATFORMS)('on %s', (platform) => {
  const kit = useNest(platform);
  const clients = askers(() => kit.eden.baseUrl);
  const ask = (client = 'openai 6') => clients[client]?.() ?? Promise.reject(new Error(client));

  const spent: CostModuleOptions = {
    labels: () => ({ tenant: CANARIES.label }),
    budgets: [{ name: CANARIES.budget, limitUsd: CANARIES.limitUsd, window: 'day', by: 'tenant' }],
  };

  const KINDS: Record<string, (client?: string) => Promise<unknown>> = {
    'a spent budget': async (client) => {
      kit.eden.script({ costUsd: CANARIES.limitUsd });
      await ask(client);
      return ask(client);
    },
    "Eden AI's own 402": (client) => {
      kit.eden.script({
        status: 402,
        errorShape: 'balance',
        chunked: true,
        headers: { 'set-cookie': CANARIES.header, 'x-account-balance': CANARIES.header, 'retry-after': '9' },
      });
      return ask(client);
    },
  };
  const deny = (kind = 'a spent budget', client?: string) => KINDS[kind]?.(client) as Promise<unknown>;

  @Controller('handlers')
  class Handlers {
    @Post('async/:kind/:client')
    rejects(@Param('kind') kind: string, @Param('client') client: string) {
      return deny(kind, client);
    }

    @Get('observable')
    observable(): Observable<unknown> {
      return from([1]).pipe(mergeMap(() => deny()));
    }

    @Get('image')
    @Header('content-type', 'image/png')
    @Header('etag', '"1"')
    image() {
      return deny();
    }

    @Get('own')
    own() {
      throw new HttpException('card declined', 402);
    }

    @Get('answered')
    async answered() {
      await deny().catch((cause) => {
        throw new HttpException('busy', 503, { cause });
      });
    }

    @Get('file')
    file() {
      const parts = async function* () {
        await deny();
        yield 'not to be sent';
      };
      return new StreamableFile(Readable.from(parts(), { objectMode: false }));
    }

    @Get('fetched')
    fetched() {
      const parts = async function* () {
        await deny('a spent budget', 'fetch');
        yield 'not to be sent';
      };
      return new StreamableFile(Readable.from(parts()), { type: 'image/png', disposition: 'attachment' });
    }

    /** Fastify's reply counts as sent from here on. */
    @Get('hijacked')
    hijacked(@Res() response: { hijack?(): void; raw?: ServerResponse }) {
      response.hijack?.();
      (response.raw ?? (response as ServerResponse)).setHeader('etag', '"1"');
      return deny();
    }

    @Get('begun')
    begun() {
      const parts = async function* () {
        yield 'begun';
        await new Promise((resolve) => setTimeout(resolve, 5));
        await deny();
      };
      return new StreamableFile(Readable.from(parts(), { objectMode: false }));
    }
  }

  test.each(Object.keys(KINDS).flatMap((kind) => ASKERS.map((client) => [kind, client] as const)))(
    '%s over %s answers a clean 402',
    async (kind, client) => {
      const { url } = await kit.serve({ controllers: [Handlers], cost: spent });
      const path = `/handlers/async/${encodeURIComponent(kind)}/${encodeURIComponent(client)}`;
      const answer = await rawRequest(url + path, { method: 'POST' });
      expect([answer.status, answer.reason]).toEqual([402, 'Payment Required']);
      expect(answer.headers).toMatchObject({
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
      });
      expect(answer.headers['retry-after'] !== undefined).toBe(kind === 'a spent budget');
      const problem = kind === 'a spent budget' ? BUDGET : CREDITS;
      expect(JSON.parse(answer.body)).toEqual(problem);
      expectNothingPrivate({ ...answer, text: answer.text.replace(answer.body, '') });
      expect(kit.costLines()).toMatchObject([
        {
          req: { method: 'POST', route: '/handlers/async/:kind/:client' },
          res: { statusCode: 402 },
          edenai: { deniedCalls: 1 },
        },
      ]);
      expect(JSON.stringify(kit.lines)).not.toMatch(/canary-(key|prompt|header|body)/);
    },
  );

  test.each(['observable', 'image', 'file', 'fetched', 'hijacked'])(
    'an uncaught denial of a handler: %s',
    async (path) => {
      const { url } = await kit.serve({ controllers: [Handlers], cost: spent });
      const answer = await rawRequest(`${url}/handlers/${path}`);
      expect([answer.status, JSON.parse(answer.body)]).toEqual([402, BUDGET]);
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(answer.headers['retry-after']).toMatch(/^\d+$/);
      expect(answer.headers.etag).not.toBe('"1"');
      expect(answer.headers['content-disposition']).toBeUndefined();
    },
  );

  test('a body that has begun breaks off, and nothing private is logged', async () => {
    const logged: unknown[] = [];
    const keep = (...line: unknown[]) => void logged.push(line);
    const { url } = await kit.serve({
      controllers: [Handlers],
      cost: spent,
      prepare: (app) => app.useLogger({ log: keep, warn: keep, error: keep }),
    });
    const response = await fetch(`${url}/handlers/begun`);
    expect(response.status).toBe(200);
    await response.text().catch(() => {});
    while (kit.costLines().length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(inspect(logged, { depth: 10, showHidden: true })).not.toMatch(/canary/);
    Logger.overrideLogger(false);
  });

  test("another service's 402, and the app's own answer to a denial, stay what they are", async () => {
    const { url } = await kit.serve({ controllers: [Handlers], cost: spent });
    expect(await rawRequest(`${url}/handlers/own`)).toMatchObject({ status: 402 });
    expect((await rawRequest(`${url}/handlers/own`)).body).toContain('card declined');
    expect(await rawRequest(`${url}/handlers/answered`)).toMatchObject({ status: 503 });
  });

  describe('raised before the handler', () => {
    const AskGuard: CanActivate = { canActivate: () => deny().then(() => true) };
    const AskPipe: PipeTransform = { transform: () => deny() };

    @Controller('before')
    class Before {
      @Get('guard')
      @UseGuards(AskGuard)
      guard() {}

      @Get('pipe/:id')
      pipe(@Param('id', AskPipe) _id: string) {}
    }

    class CheckGuard implements CanActivate {
      constructor(@Inject(CostService) private readonly costs: CostService) {}
      async canActivate() {
        await deny().catch(() => {});
        await this.costs.current()?.check();
        return true;
      }
    }

    @Controller('check')
    class Checking {
      @Get()
      @UseGuards(CheckGuard)
      check() {}
    }

    test.each(['before/guard', 'before/pipe/7', 'check'])('in %s it is a clean 402', async (path) => {
      const { url } = await kit.serve({ controllers: [Before, Checking], cost: spent });
      const answer = await rawRequest(`${url}/${path}`);
      expect([answer.status, JSON.parse(answer.body)]).toEqual([402, BUDGET]);
      expect(answer.headers['retry-after']).toMatch(/^\d+$/);
      expectNothingPrivate({ ...answer, text: answer.text.replace(answer.body, '') });
    });

    test('in a middleware it is a clean 402', async () => {
      const { url } = await kit.serve({
        controllers: [Before],
        cost: spent,
        prepare: (app) =>
          app.use((_req: unknown, _res: unknown, next: (error?: unknown) => void) => {
            deny().then(() => next(), next);
          }),
      });
      const answer = await rawRequest(`${url}/before/guard`);
      expect(answer.status).toBe(402);
      expectNothingPrivate({ ...answer, text: answer.text.replace(answer.body, '') });
    });
  });

  describe("the app's own filter", () => {
    const seen: PaymentRequiredException[] = [];
    beforeEach(() => seen.splice(0));

    @Injectable()
    @Catch(HttpException)
    class Remember implements ExceptionFilter {
      catch(exception: PaymentRequiredException, host: ArgumentsHost) {
        seen.push(exception);
        const response = host.switchToHttp().getResponse();
        (platform === 'Express' ? response.status(exception.getStatus()) : response.code(exception.getStatus())).send({
          sorry: exception.code,
        });
      }
    }

    test.each([
      ['of a controller', { filter: true, global: false }],
      ['that is global', { filter: false, global: true }],
    ])("sees one typed exception, with the SDK's error as its cause: %s", async (_where, { filter, global }) => {
      let raised: unknown;
      class Asks {
        async ask() {
          await deny().catch((error) => {
            raised = error;
            throw error;
          });
        }
      }
      Controller('ask')(Asks);
      Get()(Asks.prototype, 'ask', Object.getOwnPropertyDescriptor(Asks.prototype, 'ask') as PropertyDescriptor);
      if (filter) UseFilters(Remember)(Asks);
      const { url } = await kit.serve({
        controllers: [Asks],
        cost: spent,
        prepare: (app) => void (global && app.useGlobalFilters(new Remember())),
      });
      const answer = await rawRequest(`${url}/ask`);
      expect([answer.status, JSON.parse(answer.body)]).toEqual([402, { sorry: 'ERR_COST_BUDGET_EXCEEDED' }]);
      expect(seen[0]?.headers).toEqual({ 'cache-control': 'no-store', 'retry-after': expect.stringMatching(/^\d+$/) });
      expect(answer.headers['retry-after']).toBe(global ? seen[0]?.headers['retry-after'] : undefined);
      expect(seen).toHaveLength(1);
      expect(raised).toBeInstanceOf(OpenAI.APIError);
      expect(seen[0]).toBeInstanceOf(HttpException);
      expect(seen[0]).toMatchObject({
        name: 'PaymentRequiredException',
        message: 'The AI budget for this request is used up',
        code: 'ERR_COST_BUDGET_EXCEEDED',
        reason: 'spent',
        cause: raised,
        denial: { budget: CANARIES.budget, amounts: { limit: 73_100_000 } },
      });
    });
  });

  describe('problemJson', () => {
    test.each(['async/a spent budget/fetch', 'observable', 'image', 'file', 'fetched', 'hijacked'])(
      'answers a problem: %s',
      async (path) => {
        const { url } = await kit.serve({ controllers: [Handlers], cost: { ...spent, problemJson: true } });
        const answer = await rawRequest(`${url}/handlers/${encodeURI(path)}`, {
          method: path.startsWith('async') ? 'POST' : 'GET',
        });
        expect([answer.status, JSON.parse(answer.body)]).toEqual([402, BUDGET]);
        expect(answer.headers['content-type']).toMatch(/^application\/problem\+json(; charset=utf-8)?$/);
        expect(answer.headers['retry-after']).toMatch(/^\d+$/);
      },
    );
  });

  test('the status of each kind is the configured one', async () => {
    const { url } = await kit.serve({ controllers: [Handlers], cost: { ...spent, status: { credits: 503 } } });
    const answer = await rawRequest(`${url}/handlers/async/${encodeURIComponent("Eden AI's own 402")}/fetch`, {
      method: 'POST',
    });
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      503,
      { ...CREDITS, title: 'Service Unavailable', status: 503 },
    ]);
  });
});
