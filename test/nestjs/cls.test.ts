import { type CostScope, CostService, Costs } from '@eden-cost/nestjs';
import { Controller, Get, Inject, Injectable, Param } from '@nestjs/common';
import { ClsModule, ClsService } from 'nestjs-cls';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { turnsUntil } from '../support/turns.js';
import { PLATFORMS, useNest } from './kit.js';

/** nestjs-cls sets its context up in one of these. */
const SETUPS = [
  ['middleware', { middleware: { mount: true } }],
  ['guard', { guard: { mount: true } }],
  ['interceptor', { interceptor: { mount: true } }],
] as const;

describe.each(PLATFORMS)('beside nestjs-cls, on %s', (platform) => {
  const kit = useNest(platform);

  @Injectable()
  class Chats {
    constructor(
      @Inject(ClsService) private readonly cls: ClsService,
      @Inject(CostService) private readonly costs: CostService,
    ) {}
    async chat(costUsd: number) {
      const init = postInit(CHAT, { reply: { costUsd } });
      await readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, init));
      return [this.cls.get('tenant'), this.costs.current()?.totalUsd];
    }
  }

  @Controller()
  class Asks {
    constructor(
      @Inject(ClsService) private readonly cls: ClsService,
      @Inject(Chats) private readonly chats: Chats,
    ) {}
    @Get('ask/:tenant/:costUsd')
    async ask(@Param('tenant') tenant: string, @Param('costUsd') costUsd: string, @Costs() costs: CostScope) {
      this.cls.set('tenant', tenant);
      const inside = await this.chats.chat(Number(costUsd));
      return [...inside, this.cls.get('tenant'), costs.totalUsd];
    }
  }

  const ORDERS = ['before', 'after'] as const;
  test.each(SETUPS.flatMap(([name, setup]) => ORDERS.map((order) => [name, order, setup] as const)))(
    'both contexts hold, with its %s imported %s CostModule',
    async (_name, order, setup) => {
      const cls = ClsModule.forRoot({ global: true, ...setup });
      const { url } = await kit.serve({
        controllers: [Asks],
        providers: [Chats],
        ...(order === 'before' ? { importsBefore: [cls] } : { imports: [cls] }),
      });
      const costs = [0.125, 0.25, 0.375, 0.5, 0.625];
      const answers = costs.map(async (costUsd) => (await fetch(`${url}/ask/tenant-${costUsd}/${costUsd}`)).json());
      expect(await Promise.all(answers)).toEqual(
        costs.map((costUsd) => [`tenant-${costUsd}`, costUsd, `tenant-${costUsd}`, costUsd]),
      );
      await turnsUntil(() => kit.costLines().length >= costs.length);
      expect(kit.costLines().map(({ edenai }) => edenai.calls)).toEqual(costs.map(() => 1));
    },
  );
});
