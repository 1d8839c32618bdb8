import {
  BudgetExceededError,
  CostAdapter,
  CostError,
  CreditsExhaustedError,
  isBudgetExceeded,
  isCreditsExhausted,
  PaymentRequiredException,
} from '@eden-cost/nestjs';
import {
  type ArgumentsHost,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  HttpException,
  Inject,
  Injectable,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, BaseExceptionFilter, HttpAdapterHost } from '@nestjs/core';
import { catchError, of } from 'rxjs';
import { ASKERS, askers } from '../support/askers.js';
import { CANARIES, expectNothingPrivate } from '../support/canaries.js';
import { rawRequest } from '../support/raw-http.js';
import { type NestOptions, PLATFORMS, useNest } from './kit.js';

describe.each(PLATFORMS)('on %s', (platform) => {
  const kit = useNest(platform);
  const clients = askers(() => kit.eden.baseUrl);
  const NONE: NestOptions['cost'] = { budgets: [{ name: CANARIES.budget, limitUsd: 0, window: 'day' }] };
  let client = 'openai 6';
  const ask = () => clients[client]?.();

  const AskGuard: CanActivate = { canActivate: async () => Boolean(await ask()) };

  @Controller()
  class Asks {
    @Get('handler')
    handler() {
      return ask();
    }

    @Get('guard')
    @UseGuards(AskGuard)
    guard() {}
  }

  /** Nest's documentation has it. */
  @Injectable()
  @Catch()
  class AllExceptions implements ExceptionFilter {
    constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}
    catch(exception: unknown, host: ArgumentsHost) {
      const status = exception instanceof HttpException ? exception.getStatus() : 500;
      const { name, code } = exception as PaymentRequiredException;
      this.host.httpAdapter.reply(host.switchToHttp().getResponse(), { status, name, code }, status);
    }
  }
  @Injectable()
  @Catch()
  class Based extends BaseExceptionFilter {
    constructor(@Inject(HttpAdapterHost) { httpAdapter }: HttpAdapterHost) {
      super(httpAdapter);
    }
  }

  const HOW: [how: string, use: (filter: new (host: HttpAdapterHost) => ExceptionFilter) => NestOptions][] = [
    ['APP_FILTER', (filter) => ({ providers: [{ provide: APP_FILTER, useClass: filter }] })],
    [
      'app.useGlobalFilters',
      (filter) => ({ prepare: (app) => void app.useGlobalFilters(new filter(app.get(HttpAdapterHost))) }),
    ],
  ];
  const WHERE = ['handler', 'guard'];
  const MATRIX = HOW.flatMap(([how, use]) =>
    WHERE.flatMap((path) => ASKERS.map((who) => [how, path, who, use] as const)),
  );

  test.each(MATRIX)(
    'a filter for everything (%s) gets the typed exception: of a %s over %s',
    async (_how, path, who, use) => {
      client = who;
      const { url } = await kit.serve({ controllers: [Asks], cost: NONE, ...use(AllExceptions) });
      const answer = await rawRequest(`${url}/${path}`);
      expect([answer.status, JSON.parse(answer.body)]).toEqual([
        402,
        { status: 402, name: 'PaymentRequiredException', code: 'ERR_COST_BUDGET_EXCEEDED' },
      ]);
      expect(answer.headers).toMatchObject({
        'cache-control': 'no-store',
        'retry-after': expect.stringMatching(/^\d+$/),
      });
      expectNothingPrivate({ ...answer, text: answer.text.replace(answer.body, '') });
    },
  );

  describe.each(HOW)("one that is Nest's own, extended (%s)", (_how, use) => {
    test.each(WHERE)('answers the denial of a %s with its headers, and logs nothing', async (path) => {
      client = 'openai 6';
      const logged: unknown[] = [];
      const keep = (...line: unknown[]) => void logged.push(line);
      const options = use(Based);
      const { url, app } = await kit.serve({ controllers: [Asks], cost: NONE, ...options });
      app.useLogger({ log: keep, warn: keep, error: keep });
      const answer = await rawRequest(`${url}/${path}`);
      expect([answer.status, JSON.parse(answer.body).code]).toEqual([402, 'ERR_COST_BUDGET_EXCEEDED']);
      expect(answer.headers).toMatchObject({
        'cache-control': 'no-store',
        'retry-after': expect.stringMatching(/^\d+$/),
      });
      expect(logged).toEqual([]);
      app.useLogger(false);
    });
  });

  test('other errors go where they went', async () => {
    @Controller()
    class Other {
      @Get('other')
      other() {
        throw new RangeError('no');
      }
    }
    const { url } = await kit.serve({ controllers: [Other], cost: NONE, ...HOW[1]?.[1](AllExceptions) });
    expect(JSON.parse((await rawRequest(`${url}/other`)).body)).toEqual({ status: 500, name: 'RangeError' });
  });

  describe('the exception passes for the error that it was made of', () => {
    const seen: unknown[][] = [];
    beforeEach(() => seen.splice(0));
    const reply = (host: ArgumentsHost) => {
      const response = host.switchToHttp().getResponse();
      (platform === 'Express' ? response.status(418) : response.code(418)).send('own');
    };

    @Catch(BudgetExceededError)
    class Budgets implements ExceptionFilter {
      catch(error: BudgetExceededError, host: ArgumentsHost) {
        seen.push([error.budget, error.reason, error.retryAfterMs, error.status, error.statusCode, error.limitNanos]);
        reply(host);
      }
    }
    @Catch(CreditsExhaustedError)
    class Credits implements ExceptionFilter {
      catch(error: CreditsExhaustedError, host: ArgumentsHost) {
        seen.push([error.code, error.reason]);
        reply(host);
      }
    }

    @Controller()
    @UseFilters(Budgets, Credits)
    class Own {
      @Get('own')
      own() {
        return ask();
      }
    }

    test.each([
      ['of a controller', [Own], () => {}, ['own']],
      [
        'that is global',
        [Asks],
        (app: { useGlobalFilters(...filters: ExceptionFilter[]): unknown }) =>
          app.useGlobalFilters(new Budgets(), new Credits()),
        WHERE,
      ],
    ] as const)('for a filter %s', async (_where, controllers, prepare, paths) => {
      client = 'axios';
      const { url } = await kit.serve({
        controllers: [...controllers],
        cost: NONE,
        prepare: (app) => void prepare(app),
      });
      for (const path of paths) {
        expect((await fetch(`${url}/${path}`)).status).toBe(418);
        expect(seen.pop()).toEqual([CANARIES.budget, 'spent', expect.any(Number), 402, 402, 0]);
      }
    });

    test("for a filter, with Eden AI's own 402", async () => {
      const { url } = await kit.serve({ controllers: [Own] });
      kit.eden.script({ status: 402, errorShape: 'balance' });
      expect((await fetch(`${url}/own`)).status).toBe(418);
      expect(seen).toEqual([['ERR_COST_CREDITS_EXHAUSTED', 'credits']]);
    });

    test('for what the app asks, and sends nothing private when the app sends the exception itself', async () => {
      const exceptions: unknown[] = [];
      @Catch(HttpException)
      class Remember implements ExceptionFilter {
        catch(exception: unknown, host: ArgumentsHost) {
          exceptions.push(exception);
          reply(host);
        }
      }
      const { url } = await kit.serve({
        controllers: [Asks],
        cost: NONE,
        prepare: (app) => void app.useGlobalFilters(new Remember()),
      });
      await fetch(`${url}/handler`);
      const [exception] = exceptions;
      expect([isBudgetExceeded(exception), isCreditsExhausted(exception)]).toEqual([true, false]);
      expect(exception).toBeInstanceOf(CostError);
      expect(exception).toBeInstanceOf(PaymentRequiredException);
      if (isBudgetExceeded(exception)) expect(exception.budget).toBe(CANARIES.budget);
      expect(JSON.parse(JSON.stringify(exception))).toEqual({
        name: 'PaymentRequiredException',
        code: 'ERR_COST_BUDGET_EXCEEDED',
        message: 'The AI budget for this request is used up',
      });
    });
  });

  test('a filter of a controller can translate what a guard raised', async () => {
    @Catch()
    class Translating implements ExceptionFilter {
      constructor(
        @Inject(CostAdapter) private readonly costs: CostAdapter,
        @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
      ) {}
      catch(error: unknown, host: ArgumentsHost) {
        const exception = this.costs.translate(error, host) as PaymentRequiredException;
        this.host.httpAdapter.reply(host.switchToHttp().getResponse(), exception.code, exception.getStatus());
      }
    }
    @Controller()
    @UseFilters(Translating)
    class Guarded {
      @Get('guard')
      @UseGuards(AskGuard)
      guard() {}
    }
    client = 'openai 6';
    const { url } = await kit.serve({ controllers: [Guarded], cost: NONE });
    const answer = await rawRequest(`${url}/guard`);
    expect([answer.status, answer.body]).toEqual([402, 'ERR_COST_BUDGET_EXCEEDED']);
  });

  test('a denial that the app recovers from leaves nothing on its answer', async () => {
    const { url } = await kit.serve({
      controllers: [Asks],
      cost: NONE,
      providers: [
        {
          provide: APP_INTERCEPTOR,
          useValue: {
            intercept: (_context: unknown, next: { handle(): import('rxjs').Observable<unknown> }) =>
              next.handle().pipe(catchError(() => of({ cached: true }))),
          },
        },
      ],
    });
    const answer = await rawRequest(`${url}/handler`);
    expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { cached: true }]);
    expect(answer.headers['retry-after']).toBeUndefined();
    expect(answer.headers['cache-control']).toBeUndefined();
  });
});
