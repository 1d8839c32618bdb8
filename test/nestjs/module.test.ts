import { setImmediate } from 'node:timers/promises';
import { meterInProcess } from '@eden-cost/core';
import {
  Budget,
  CostAdapter,
  CostModule,
  type CostModuleOptions,
  CostService,
  createMeter,
  InjectMeter,
  type Meter,
  OptionsError,
  PaymentRequiredException,
} from '@eden-cost/nestjs';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  Global,
  Inject,
  Injectable,
  Module,
  type ModuleMetadata,
} from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { PLATFORMS, useNest } from './kit.js';

const kit = useNest();
const chat = async (costUsd = 0.5) => {
  await readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, postInit(CHAT, { reply: { costUsd } })));
  return 'ok';
};

const NONE: CostModuleOptions = { budgets: [{ name: 'none', limitUsd: 0, window: 'day' }] };

@Controller('ask')
class Asks {
  @Get()
  ask() {
    return chat();
  }

  @Get('budget')
  @Budget('none')
  budget() {
    return 'not to be reached';
  }
}

/** An app without a server, closed after the test. */
async function context(metadata: ModuleMetadata) {
  class Root {}
  Module(metadata)(Root);
  const app = await NestFactory.createApplicationContext(Root, { logger: false, abortOnError: false });
  closing.push(app);
  return app;
}
const closing: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of closing.splice(0)) await one.close();
});

describe('CostModule.forRootAsync', () => {
  const OPTIONS = Symbol('options');
  @Global()
  @Module({ providers: [{ provide: OPTIONS, useFactory: () => kit.options(NONE) }], exports: [OPTIONS] })
  class ConfigModule {}

  @Injectable()
  class Factory {
    constructor(@Inject(OPTIONS) private readonly options: CostModuleOptions) {}
    async createCostOptions() {
      return this.options;
    }
  }
  @Module({ providers: [Factory], exports: [Factory] })
  class FactoryModule {}

  test.each([
    [
      'useFactory',
      { imports: [ConfigModule], inject: [OPTIONS], useFactory: async (options: CostModuleOptions) => options },
    ],
    ['useClass', { imports: [ConfigModule], useClass: Factory }],
    ['useExisting', { imports: [ConfigModule, FactoryModule], useExisting: Factory }],
  ])('takes %s', async (_how, options) => {
    const app = await context({ imports: [CostModule.forRootAsync(options)] });
    const { meter } = app.get(CostService);
    expect(await meter.remaining()).toEqual([expect.objectContaining({ budget: 'none', remainingUsd: 0 })]);
  });

  test.each([
    ['by default', {}, true],
    ['not with isGlobal: false', { isGlobal: false }, false],
  ])('is global %s', async (_when, extras, isGlobal) => {
    @Injectable()
    class Jobs {
      constructor(
        @Inject(CostService) readonly costs: CostService,
        @InjectMeter() readonly meter: Meter,
      ) {}
    }
    @Module({ providers: [Jobs] })
    class JobsModule {}
    const imports = [CostModule.forRootAsync({ useFactory: () => kit.options(), ...extras }), JobsModule];
    const starting = context({ imports });
    if (isGlobal) {
      const jobs = (await starting).get(Jobs);
      expect(jobs.costs.meter).toBe(jobs.meter);
    } else {
      await expect(starting).rejects.toThrow(/CostService/);
      await meterInProcess()?.close();
    }
  });
});

describe('CostModule.forRoot', () => {
  test('needs no options', async () => {
    const app = await context({ imports: [CostModule.forRoot()] });
    expect(app.get(CostService).meter.mode).toBe('enforce');
  });

  test.each([
    ['an option that is unknown', { budgetz: [] }, 'did you mean "budgets"?'],
    ['problemJson', { problemJson: 'yes' }, 'options.problemJson must be true or false'],
    ['labels', { labels: {} }, 'options.labels must be a function'],
  ])('stops the app for a wrong option: %s', async (_what, options, message) => {
    const starting = kit.create({ cost: options as never });
    await expect(starting).rejects.toThrow(message);
    await expect(starting).rejects.toThrow(OptionsError);
  });

  test('closes its meter when the app closes, after the last request', async () => {
    let open = () => {};
    const hold = new Promise<void>((resolve) => {
      open = resolve;
    });
    const app = await kit.create({
      controllers: [Asks],
      cost: { budgets: [{ name: 'none', limitUsd: 1, window: 'day' }] },
    });
    await app.listen(0, '127.0.0.1');
    const { meter } = app.get(CostService);
    kit.eden.script({ costUsd: 0.25, hold });
    const answer = fetch(`${await app.getUrl()}/ask`).catch(() => {});
    await kit.eden.received(1);
    const closed = app.close();
    open();
    await Promise.all([answer, closed]);
    expect(meter.snapshot()).toMatchObject({ callsInFlight: 0 });
    expect(kit.lines.at(-1)).toMatchObject({
      msg: 'edenai cost meter closed',
      edenai: { restored: true, unsettled: 0 },
    });
  });

  test('leaves a meter to whoever made it', async () => {
    const meter = createMeter({ baseUrls: [kit.eden.url], rateCard: false });
    try {
      const app = await context({ imports: [CostModule.forRoot({ budgets: [{ ...NONE.budgets?.[0] } as never] })] });
      expect(app.get(CostService).meter).toBe(meter);
      await app.close();
      const { calls } = meter.snapshot();
      await chat();
      expect(meter.snapshot().calls).toBe(calls + 1);
    } finally {
      await meter.close();
    }
  });

  test('closes it with the last app of the process that uses it', async () => {
    const cost: CostModuleOptions = { budgets: [{ name: 'none', limitUsd: 0, window: 'day' }] };
    const first = await kit.create({ controllers: [Asks], cost });
    @Module({ imports: [CostModule.forRoot({ labels: () => ({ tenant: 'acme' }) })], controllers: [Asks] })
    class SecondModule {}
    const second = await NestFactory.create(SecondModule, { logger: false });
    await second.listen(0, '127.0.0.1');
    const url = await second.getUrl();
    const { meter } = second.get(CostService);
    await first.init();
    await first.close();
    expect(meterInProcess()).toBe(meter);
    expect((await fetch(`${url}/ask`)).status).toBe(402);
    expect(kit.eden.requests()).toEqual([]);
    await second.close();
    await second.close();
    expect(meterInProcess()).toBeUndefined();
    expect(kit.lines.filter(({ msg }) => msg === 'edenai cost meter closed')).toHaveLength(1);
  });

  describe('of an app that fails to start', () => {
    const failing = (how: 'makes' | 'starts') => {
      const fails = () => Promise.reject(new Error('database is not there'));
      const providers = how === 'makes' ? [{ provide: 'DATABASE', useFactory: fails }] : [];
      @Module({ imports: [CostModule.forRoot(kit.options({ mode: 'observe', ...NONE }))], providers })
      class Failing {
        onModuleInit() {
          return how === 'starts' ? fails() : undefined;
        }
      }
      return NestFactory.createApplicationContext(Failing, { logger: false, abortOnError: false });
    };

    test.each(['makes', 'starts'] as const)('is closed, and replaced by the next one: when Nest %s it', async (how) => {
      await expect(failing(how)).rejects.toThrow('database is not there');
      const left = meterInProcess();
      const app = await context({ imports: [CostModule.forRoot(kit.options())] });
      const { meter } = app.get(CostService);
      expect([meter.mode, meter === left, await meter.remaining()]).toEqual(['enforce', false, []]);
      expect(kit.lines.filter(({ msg }) => msg === 'edenai cost meter closed')).toHaveLength(1);
      await app.close();
      expect(meterInProcess()).toBeUndefined();
    });
  });

  test('is shared by apps that start at the same time', async () => {
    const slow = { provide: 'SLOW', useFactory: () => new Promise((resolve) => setTimeout(resolve, 100, 'slow')) };
    const apps = await Promise.all([
      context({ imports: [CostModule.forRoot(kit.options())], providers: [slow] }),
      context({ imports: [CostModule.forRoot(kit.options())], providers: [slow] }),
    ]);
    expect(new Set(apps.map((app) => app.get(CostService).meter)).size).toBe(1);
  });

  test('an app that another took for a failed one does not start unmetered', async () => {
    let go = () => {};
    const hold = new Promise<void>((resolve) => {
      go = resolve;
    });
    @Module({ imports: [CostModule.forRoot(kit.options())], providers: [{ provide: 'SLOW', useFactory: () => hold }] })
    class Slow {}
    const slow = NestFactory.createApplicationContext(Slow, { logger: false, abortOnError: false });
    const refused = expect(slow).rejects.toThrow('start one after the other');
    while (meterInProcess() === undefined) await setImmediate();
    await context({ imports: [CostModule.forRoot(kit.options())] });
    go();
    await refused;
  });

  test.each(PLATFORMS)('a second one of the process adds its budgets, and the request has one line (%s)', async () => {
    const { url } = await kit.serve({ controllers: [Asks], imports: [CostModule.forRoot({ ...NONE })] });
    expect((await fetch(`${url}/ask/budget`)).status).toBe(402);
    expect((await fetch(`${url}/ask`)).status).toBe(402);
    expect(kit.costLines()).toHaveLength(2);
  });

  test("takes an adapter of the app's own", async () => {
    @Injectable()
    class Own extends CostAdapter {
      protected override labelsOf() {
        return { tenant: 'own' };
      }
      protected override toException(...args: Parameters<CostAdapter['toException']>): PaymentRequiredException {
        return Object.assign(super.toException(...args), { kind: 'own' });
      }
    }
    const kinds: unknown[] = [];
    @Catch(PaymentRequiredException)
    class Remember implements ExceptionFilter {
      catch(exception: { kind: string }, host: ArgumentsHost) {
        kinds.push(exception.kind);
        host.switchToHttp().getResponse().status(418).send('own');
      }
    }
    const { url } = await kit.serve({
      controllers: [Asks],
      providers: [{ provide: APP_FILTER, useClass: Remember }],
      cost: { adapter: Own, budgets: [{ name: 'none', limitUsd: 0.5, window: 'day', by: 'tenant' }] },
    });
    await fetch(`${url}/ask`);
    expect((await fetch(`${url}/ask/budget`)).status).toBe(418);
    expect((await fetch(`${url}/ask`)).status).toBe(418);
    expect(kinds).toEqual(['own', 'own']);
    expect(kit.costLines()[0]?.edenai.labels).toEqual({ tenant: 'own' });
  });
});

describe("Nest's Logger", () => {
  test('gets all lines as objects, where the options name no logger', async () => {
    const lines: unknown[][] = [];
    const keep =
      (level: string) =>
      (...line: unknown[]) =>
        lines.push([level, ...line]);
    const app = await kit.create({ controllers: [Asks], cost: { logger: undefined as never, ...NONE } });
    app.useLogger({ log: keep('log'), warn: keep('warn'), error: keep('error') });
    await app.listen(0, '127.0.0.1');
    await fetch(`${await app.getUrl()}/ask`);
    const ours = lines.filter((line) => line.includes('EdenCost'));
    expect(ours.map(([level, line]) => [level, (line as { msg: string }).msg])).toEqual([
      ['warn', 'edenai budget "none" has reached 100 % of its limit'],
      ['warn', 'edenai calls denied: budget "none" is spent'],
      ['log', 'edenai request cost'],
    ]);
    expect(ours.at(-1)?.[1]).toMatchObject({ req: { route: '/ask' }, edenai: { deniedCalls: 1 } });
    app.useLogger(false);
  });
});

describe('CostService', () => {
  test('runs a job in a scope of its own, and says what is left', async () => {
    const budgets = [{ name: 'job', limitUsd: 2, window: 'day', by: 'job' }] as const;
    const app = await context({ imports: [CostModule.forRoot(kit.options({ budgets: [...budgets] }))] });
    const costs = app.get(CostService);
    expect(costs.current()).toBeUndefined();
    const inside = await costs.run({ labels: { job: 'nightly' } }, async () => {
      await chat();
      return [costs.current()?.totalUsd, await costs.remaining()];
    });
    expect(inside).toEqual([0.5, [expect.objectContaining({ budget: 'job', remainingUsd: 1.5 })]]);
    expect(await costs.remaining({ job: 'other' })).toEqual([
      expect.objectContaining({ budget: 'job', remainingUsd: 2 }),
    ]);
    expect(kit.costLines()).toMatchObject([{ edenai: { costNanos: 500_000_000, labels: { job: 'nightly' } } }]);
  });
});
