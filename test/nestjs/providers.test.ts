import {
  Budget,
  COST_METER,
  CostAdapter,
  CostInterceptor,
  CostModule,
  type CostScope,
  CostService,
  Costs,
  InjectMeter,
  type Meter,
} from '@eden-cost/nestjs';
import { Controller, Get, Inject, Injectable, Module, Scope } from '@nestjs/common';
import { ModulesContainer, REQUEST } from '@nestjs/core';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { PLATFORMS, useNest } from './kit.js';

describe.each(PLATFORMS)('on %s', (platform) => {
  const kit = useNest(platform);
  const chat = async (costUsd: number) =>
    readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, postInit(CHAT, { reply: { costUsd } })));

  const made: string[] = [];
  beforeEach(() => void made.splice(0));

  @Injectable()
  class Chats {
    @InjectMeter() readonly meter!: Meter;
    constructor(@Inject(CostService) readonly costs: CostService) {
      made.push('service');
    }
  }

  @Controller()
  class Asks {
    constructor(
      @Inject(Chats) private readonly chats: Chats,
      @Inject(COST_METER) private readonly meter: Meter,
    ) {
      made.push('controller');
    }

    @Get('ask')
    @Budget()
    async ask(@Costs() costs: CostScope) {
      await chat(0.25);
      return [costs.totalUsd, this.chats.costs.current() === costs, this.chats.meter === this.meter];
    }
  }

  test('every provider of CostModule is a singleton, and what they are injected into stays one', async () => {
    const { url, app } = await kit.serve({ controllers: [Asks], providers: [Chats] });
    const ask = async () => (await fetch(`${url}/ask`)).json();
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(Array(3).fill([0.25, true, true]));
    expect(made).toEqual(['service', 'controller']);
    const wrappers = [...app.get(ModulesContainer).values()].flatMap(({ providers, controllers, metatype }) => [
      ...(metatype === CostModule ? providers.values() : []),
      ...controllers.values(),
    ]);
    expect(wrappers.map(({ token }) => token)).toEqual(
      expect.arrayContaining([CostService, COST_METER, CostAdapter, CostInterceptor, Asks]),
    );
    expect(wrappers.filter((one) => one.scope === Scope.REQUEST || !one.isDependencyTreeStatic())).toEqual([]);
  });

  test("what the app itself scopes to the request is in the request's scope", async () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest {
      constructor(
        @Inject(REQUEST) private readonly request: { headers: Record<string, string> },
        @Inject(CostService) private readonly costs: CostService,
      ) {}
      async chat() {
        await chat(Number(this.request.headers['x-cost']));
        return this.costs.current()?.totalUsd;
      }
    }
    @Controller()
    class Scoped {
      constructor(@Inject(PerRequest) private readonly perRequest: PerRequest) {}
      @Get('scoped')
      @Budget()
      async scoped(@Costs() costs: CostScope) {
        return [await this.perRequest.chat(), costs.totalUsd];
      }
    }
    const { url } = await kit.serve({ controllers: [Scoped], providers: [PerRequest] });
    const ask = async (cost: number) => (await fetch(`${url}/scoped`, { headers: { 'x-cost': `${cost}` } })).json();
    expect(await Promise.all([ask(0.125), ask(0.25), ask(0.5)])).toEqual([
      [0.125, 0.125],
      [0.25, 0.25],
      [0.5, 0.5],
    ]);
  });

  test('feature modules that import one CostModule without isGlobal share it, and the request has one line', async () => {
    const cost = CostModule.forRoot({ isGlobal: false });
    @Module({ imports: [cost], controllers: [Asks], providers: [Chats] })
    class First {}
    @Injectable()
    class Second {
      constructor(@Inject(CostService) readonly costs: CostService) {}
    }
    @Module({ imports: [cost], providers: [Second] })
    class SecondModule {}
    const { url, app } = await kit.serve({ cost: { isGlobal: false }, imports: [First, SecondModule] });
    expect(await (await fetch(`${url}/ask`)).json()).toEqual([0.25, true, true]);
    expect(app.get(Second, { strict: false }).costs.meter).toBe(app.get(Chats, { strict: false }).costs.meter);
    expect(kit.costLines()).toHaveLength(1);
  });
});
