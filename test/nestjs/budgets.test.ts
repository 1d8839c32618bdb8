import {
  Budget,
  CostLabels,
  type CostModuleOptions,
  type CostScope,
  CostService,
  Costs,
  OptionsError,
  SkipBudgets,
} from '@eden-cost/nestjs';
import {
  All,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Head,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  Post,
  Sse,
  UseGuards,
  VersioningType,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { from, map } from 'rxjs';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { PLATFORMS, useNest } from './kit.js';

describe.each(PLATFORMS)('on %s', (platform) => {
  const kit = useNest(platform);
  const chat = async (costUsd = 0.5) => {
    await readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, postInit(CHAT, { reply: { costUsd } })));
    return 'ok';
  };
  const status = async (url: string, init?: RequestInit) => (await fetch(url, init)).status;
  const statuses = async (url: string, paths: string[], init?: RequestInit) => {
    const all = [];
    for (const path of paths) all.push(await status(`${url}/${path}`, init));
    return all;
  };
  const asked = () => kit.eden.requests().length;

  describe('authentication that comes after, as @UseGuards on the controller', () => {
    class AuthGuard implements CanActivate {
      canActivate(context: ExecutionContext) {
        const request = context.switchToHttp().getRequest();
        request.user = { tenant: JSON.parse(decodeURIComponent(request.headers['x-tenant'])) };
        return true;
      }
    }

    @Controller()
    @UseGuards(AuthGuard)
    class Asks {
      @Get('ask')
      ask() {
        return chat();
      }

      @Get('checked')
      @Budget()
      checked() {
        return chat();
      }

      @Get('method')
      @UseGuards(AuthGuard)
      @Budget('tenant')
      method() {
        return chat();
      }

      @Sse('sse')
      @Budget()
      sse() {
        return from(chat()).pipe(map((data) => ({ data })));
      }
    }

    const cost: CostModuleOptions = {
      labels: (context) => ({ tenant: context.switchToHttp().getRequest().user?.tenant }),
      budgets: [{ name: 'tenant', limitUsd: 0.5, window: 'day', by: 'tenant' }],
    };
    const as = (tenant: unknown) => ({ headers: { 'x-tenant': encodeURIComponent(JSON.stringify(tenant)) } });

    const TENANTS: [what: string, a: unknown, b: unknown][] = [
      ['a text', 'acme', 'globex'],
      ['a number', 7, 8],
      ['one that is called __proto__', '__proto__', 'constructor'],
      ['10 kB of it', 'a'.repeat(10_000), `${'a'.repeat(9_999)}b`],
      ['none', '', 'acme'],
    ];
    const MATRIX = TENANTS.flatMap((tenant) =>
      ['ask', 'checked', 'method', 'sse'].map((path) => [path, ...tenant] as const),
    );

    test.each(MATRIX)('GET /%s, where the tenant is %s: A is exhausted, B is served', async (path, _what, a, b) => {
      const { url } = await kit.serve({ controllers: [Asks], cost });
      const read = async (tenant: unknown) => {
        const response = await fetch(`${url}/${path}`, as(tenant));
        await response.text();
        return response.status;
      };
      expect([await read(a), await read(a), await read(b)]).toEqual([200, 402, 200]);
      expect(asked()).toBe(2);
    });
  });

  describe('@Sse with @Budget() on a spent account', () => {
    @Controller()
    class Streams {
      @Sse('method')
      @Budget()
      method() {
        return from(['not to be sent']);
      }
    }
    @Controller('class')
    @Budget('slow')
    class ClassStreams {
      @Sse()
      stream() {
        return from(['not to be sent']);
      }
    }

    test.each([
      ['at once', 0],
      ['after a while: the limit comes from a database', () => new Promise<number>((done) => setTimeout(done, 30, 0))],
    ])('answers 402 before the stream opens, when the ledger says so %s', async (_when, limitUsd) => {
      const { url } = await kit.serve({
        controllers: [Streams, ClassStreams],
        cost: { budgets: [{ name: 'slow', limitUsd, window: 'day' }] },
      });
      for (const path of ['method', 'class']) {
        const response = await fetch(`${url}/${path}`);
        expect([response.status, await response.json()]).toEqual([
          402,
          expect.objectContaining({ code: 'ERR_COST_BUDGET_EXCEEDED' }),
        ]);
        expect(response.headers.get('content-type')).toMatch(/^application\/json/);
      }
    });

    test('without @Budget() the stream says it as an event, and nothing private', async () => {
      @Controller()
      class Open {
        @Sse('open')
        open() {
          return from(new Promise((resolve) => setTimeout(resolve, 20)).then(() => chat())).pipe(
            map((data) => ({ data })),
          );
        }
      }
      const { url } = await kit.serve({
        controllers: [Open],
        cost: { budgets: [{ name: 'none', limitUsd: 0, window: 'day' }] },
      });
      const response = await fetch(`${url}/open`);
      expect(response.status).toBe(200);
      expect(await response.text()).toMatch(
        /^\n?event: error\n(id: 1\n)?data: The AI budget for this request is used up\n/,
      );
    });
  });

  describe('@Budget', () => {
    const NAMED = { limitUsd: 0.5, window: 'day', routes: 'named' } as const;

    @Controller()
    class Routes {
      @Get('image')
      @Budget('images')
      image() {
        return chat();
      }

      @Get('text')
      text() {
        return chat();
      }

      @Get('docs/:doc')
      @Budget({ limitUsd: 0.5, window: 'hour' })
      doc() {
        return chat();
      }

      @Post('docs/:doc')
      @Budget({ limitUsd: 0.5, window: 'hour' })
      postDoc() {
        return chat();
      }
    }

    @Controller('both')
    @Budget('class')
    @CostLabels({ feature: 'class', level: 'class' })
    class Both {
      @Get()
      @Budget('method')
      @Budget('other')
      @CostLabels({ feature: 'method' })
      async both(@Costs() costs: CostScope) {
        const remaining = await costs.remaining();
        return { budgets: remaining.map(({ budget }) => budget), labels: costs.labels };
      }

      @Get('inherited')
      async inherited(@Costs() costs: CostScope) {
        const remaining = await costs.remaining();
        return { budgets: remaining.map(({ budget }) => budget), labels: costs.labels };
      }
    }

    test('with a name applies a budget that is for named routes only', async () => {
      const { url } = await kit.serve({ controllers: [Routes], cost: { budgets: [{ name: 'images', ...NAMED }] } });
      expect(await statuses(url, ['image', 'image', 'text', 'text'])).toEqual([200, 402, 200, 200]);
    });

    test('with a budget gives each route one of its own, for GET and HEAD together', async () => {
      const { url } = await kit.serve({ controllers: [Routes], cost: { budgets: [{ name: 'images', ...NAMED }] } });
      expect(await statuses(url, ['docs/1', 'docs/2'])).toEqual([200, 402]);
      expect(await status(`${url}/docs/3`, { method: 'HEAD' })).toBe(402);
      expect(await status(`${url}/docs/1`, { method: 'POST' })).toBe(201);
      expect(asked()).toBe(2);
    });

    test('with a budget is one budget, whichever of its methods, paths and versions a client chooses', async () => {
      const budget = { limitUsd: 0.5, window: 'day' } as const;
      @Controller(['v1', 'v2'])
      class Many {
        @All('all')
        @Budget(budget)
        all() {
          return chat();
        }

        @Get(['a', 'b'])
        @Budget(budget)
        paths() {
          return chat();
        }
      }
      @Controller({ path: 'versions', version: ['1', '2'] })
      class Versions {
        @Get()
        @Budget(budget)
        both() {
          return chat();
        }
      }
      @Controller({ path: 'versions', version: '3' })
      class Third {
        @Get()
        @Budget(budget)
        third() {
          return chat();
        }
      }
      const { url, app } = await kit.serve({
        controllers: [Many, Versions, Third],
        prepare: (one) => one.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI }),
      });
      const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
      const all = [];
      for (const method of methods) all.push(await status(`${url}/api/v1/all`, { method }));
      expect(all).toEqual([200, 402, 402, 402, 402, 402]);
      expect(await statuses(`${url}/api`, ['v1/a', 'v1/b', 'v2/a', 'v2/b'])).toEqual([200, 402, 402, 402]);
      expect(await statuses(`${url}/api`, ['v1/versions', 'v2/versions', 'v3/versions'])).toEqual([200, 402, 200]);
      const names = app
        .get(CostService)
        .meter.budgets()
        .map(({ name }) => name);
      expect(names).toEqual(['ALL /v1/all', 'GET /v1/a', 'GET /versions (1, 2)', 'GET /versions (3)']);
    });

    test('with a budget is its own beside one of the same path in a module that RouterModule puts elsewhere', async () => {
      const area = (path: string) => {
        @Controller('ask')
        class Asks {
          @Get()
          @Budget({ limitUsd: 0.5, window: 'day' })
          ask() {
            return chat();
          }
        }
        @Module({ controllers: [Asks] })
        class Area {}
        return { path, module: Area };
      };
      const areas = [area('admin'), area('public')];
      const { url, app } = await kit.serve({
        imports: [...areas.map(({ module }) => module), RouterModule.register(areas)],
      });
      expect(await statuses(url, ['admin/ask', 'admin/ask', 'public/ask'])).toEqual([200, 402, 200]);
      const { meter } = app.get(CostService);
      expect(meter.budgets().map(({ name }) => name)).toEqual(['GET /admin/ask', 'GET /public/ask']);
    });

    test('on method and class add up, with those of the options', async () => {
      const budgets = ['class', 'method', 'other', 'unnamed'].map((name) => ({ name, ...NAMED }));
      const { url } = await kit.serve({
        controllers: [Both],
        cost: { budgets: [{ name: 'all', limitUsd: 1, window: 'day' }, ...budgets] },
      });
      const get = async (path: string) => (await fetch(url + path)).json();
      expect(await get('/both')).toEqual({
        budgets: ['all', 'class', 'method', 'other'],
        labels: { feature: 'method', level: 'class' },
      });
      expect(await get('/both/inherited')).toEqual({
        budgets: ['all', 'class'],
        labels: { feature: 'class', level: 'class' },
      });
    });

    test('of a base class holds for its subclasses', async () => {
      @Controller('sub')
      class Sub extends Both {}
      const budgets = ['class', 'method', 'other'].map((name) => ({ name, ...NAMED, limitUsd: 0 }));
      const { url } = await kit.serve({ controllers: [Sub], cost: { budgets } });
      expect(await statuses(url, ['sub', 'sub/inherited'])).toEqual([402, 402]);
    });
  });

  describe('@SkipBudgets', () => {
    @Controller()
    class Skipping {
      @Get('named')
      @SkipBudgets('small')
      named() {
        return chat();
      }

      @Get('all')
      @SkipBudgets()
      @Budget()
      all() {
        return chat();
      }

      @Get('none')
      none() {
        return chat();
      }
    }
    const small = { name: 'small', limitUsd: 0.5, window: 'day' } as const;

    test('of a name: that one does not deny, and books all the same', async () => {
      const { url, app } = await kit.serve({ controllers: [Skipping], cost: { budgets: [small] } });
      expect(await statuses(url, ['named', 'named', 'none'])).toEqual([200, 200, 402]);
      expect(await app.get(CostService).remaining({})).toEqual([
        expect.objectContaining({ budget: 'small', remainingUsd: 0 }),
      ]);
      expect(kit.eden.books().totalUsd).toBe(1);
    });

    test('of none: no budget denies but the mandatory', async () => {
      const mandatory = { name: 'cap', limitUsd: 1, window: 'day', mandatory: true } as const;
      const { url } = await kit.serve({ controllers: [Skipping], cost: { budgets: [small, mandatory] } });
      expect(await statuses(url, ['all', 'all', 'all'])).toEqual([200, 200, 402]);
    });
  });

  describe('when the app starts', () => {
    const DAILY: CostModuleOptions = { budgets: [{ name: 'tenant-daily', limitUsd: 1, window: 'day' }] };

    test.each([
      ['a method', Budget('tenant-dialy')],
      ['@SkipBudgets', SkipBudgets('tenant-dialy')],
    ])('a misspelt name stops it, says where, and names the nearest: %s', async (_where, decorator) => {
      class Asks {
        ask() {}
      }
      const ask = Object.getOwnPropertyDescriptor(Asks.prototype, 'ask') as PropertyDescriptor;
      Get()(Asks.prototype, 'ask', ask);
      decorator(Asks.prototype, 'ask', ask);
      Controller()(Asks);
      const starting = kit.serve({ controllers: [Asks], cost: DAILY });
      await expect(starting).rejects.toThrow(OptionsError);
      await expect(starting).rejects.toThrow(
        'Asks.ask: No budget is called "tenant-dialy"; did you mean "tenant-daily"?',
      );
    });

    test('a misspelt name on a class stops it', async () => {
      @Controller()
      @Budget('tenant-dialy')
      class Asks {
        @Get()
        ask() {}
      }
      await expect(kit.serve({ controllers: [Asks], cost: DAILY })).rejects.toThrow('did you mean "tenant-daily"?');
    });

    test('what is left of the app that did not start is nothing', async () => {
      @Controller()
      class Asks {
        @Get()
        @Budget('x')
        ask() {}
      }
      await expect(kit.serve({ controllers: [Asks], cost: DAILY })).rejects.toThrow(OptionsError);
      const { url } = await kit.serve({ cost: { budgets: [{ name: 'none', limitUsd: 0, window: 'day' }] } });
      expect(await status(url)).toBe(404);
      expect(kit.lines.map(({ msg }) => msg)).toEqual([
        'edenai cost meter started',
        'edenai cost meter closed',
        'edenai cost meter started',
      ]);
    });

    test.each([
      ['@Budget()', Budget('tenant-daily')],
      ['@SkipBudgets()', SkipBudgets()],
      ['@CostLabels()', CostLabels({ feature: 'image' })],
    ])('%s where no request comes to stops it: it would do nothing there', async (_what, decorator) => {
      class Images {
        make() {}
      }
      decorator(
        Images.prototype,
        'make',
        Object.getOwnPropertyDescriptor(Images.prototype, 'make') as PropertyDescriptor,
      );
      const onMethod = kit.serve({ providers: [Images], cost: DAILY });
      await expect(onMethod).rejects.toThrow(OptionsError);
      await expect(onMethod).rejects.toThrow(/^Images\.make has @Budget\(\).*Put them on the controller's, resolver's/);

      @Injectable()
      class Marked {
        make() {}
      }
      (decorator as ClassDecorator)(Marked);
      await expect(kit.serve({ providers: [Marked], cost: DAILY })).rejects.toThrow(/^Marked has @Budget\(\)/);
    });

    test('two budgets of one route without names stop it', async () => {
      @Controller()
      @Budget({ limitUsd: 1, window: 'day' })
      class Asks {
        @Get()
        @Budget({ limitUsd: 1, window: 'hour' })
        ask() {}
      }
      await expect(kit.serve({ controllers: [Asks], cost: DAILY })).rejects.toThrow(
        'Asks.ask has two budgets without a name',
      );
    });

    test('a wrong budget stops it even before', () => {
      expect(() => Budget({ limitUsd: -1, window: 'day' })).toThrow(OptionsError);
    });

    test('@Head() and other methods are checked as well', async () => {
      @Controller()
      class Asks {
        @Head()
        @Budget('tenant-daily')
        ask() {}
      }
      const { url } = await kit.serve({ controllers: [Asks], cost: DAILY });
      expect(await status(url, { method: 'HEAD' })).toBe(200);
    });
  });

  test('a call outside any request is not limited by a budget of tenants', async () => {
    const results: string[] = [];
    @Injectable()
    class Cron implements OnApplicationBootstrap {
      constructor(@Inject(CostService) private readonly costs: CostService) {}
      async onApplicationBootstrap() {
        await new Promise<void>((resolve) => {
          setTimeout(async () => {
            results.push(await chat(), await chat(), String(this.costs.current()));
            resolve();
          }, 1);
        });
      }
    }
    await kit.serve({
      providers: [Cron],
      cost: {
        budgets: [
          { name: 'tenant', limitUsd: 0.1, window: 'day', by: 'tenant' },
          { name: 'all', limitUsd: 10, window: 'day' },
        ],
      },
    });
    expect(results).toEqual(['ok', 'ok', 'undefined']);
    expect(kit.eden.books().totalUsd).toBe(1);
  });

  test('denies nothing when the operator has switched everything off', async () => {
    process.env.EDEN_COST = 'off';
    try {
      @Controller()
      class Asks {
        @Get()
        @Budget()
        async ask(@Costs() costs: CostScope) {
          await chat();
          return costs.totalUsd;
        }
      }
      const { url } = await kit.serve({
        controllers: [Asks],
        cost: { budgets: [{ name: 'none', limitUsd: 0, window: 'day' }] },
      });
      const response = await fetch(url);
      expect([response.status, await response.text()]).toEqual([200, '0']);
    } finally {
      delete process.env.EDEN_COST;
    }
  });
});
