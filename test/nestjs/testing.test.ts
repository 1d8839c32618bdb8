import { meterInProcess } from '@eden-cost/core';
import { COST_OPTIONS, CostModule, type CostModuleOptions, CostService } from '@eden-cost/nestjs';
import { Controller, Get, Inject, Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { useNest } from './kit.js';

const kit = useNest();

@Injectable()
class Chats {
  constructor(@Inject(CostService) private readonly costs: CostService) {}
  async chat() {
    const init = postInit(CHAT, { reply: { costUsd: 0.25 } });
    await readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, init));
    return this.costs.current()?.totalUsd ?? 'nobody';
  }
}

@Controller()
class Asks {
  constructor(@Inject(Chats) private readonly chats: Chats) {}
  @Get('ask')
  async ask() {
    return { totalUsd: await this.chats.chat() };
  }
}

/** As the app has them: its own are not to be used in a test. */
const production = {
  useFactory: (): CostModuleOptions => ({ budgets: [{ name: 'real', limitUsd: 0, window: 'day' }] }),
};

test.each([
  ['forRoot', () => CostModule.forRoot(production.useFactory())],
  ['forRootAsync', () => CostModule.forRootAsync(production)],
])('a test overrides the options of %s, and closing its app leaves no meter', async (_how, module) => {
  const options = kit.options({ budgets: [{ name: 'test', limitUsd: 0.25, window: 'day' }] });
  const builder = Test.createTestingModule({ imports: [module()], controllers: [Asks], providers: [Chats] });
  const testing = await builder.overrideProvider(COST_OPTIONS).useValue(options).compile();
  const app = testing.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  const ask = async () => (await fetch(`${await app.getUrl()}/ask`)).json();
  expect([await ask(), await ask()]).toMatchObject([{ totalUsd: 0.25 }, { code: 'ERR_COST_BUDGET_EXCEEDED' }]);
  expect(
    app
      .get(CostService)
      .meter.budgets()
      .map(({ name }) => name),
  ).toEqual(['test']);
  await app.close();
  expect(meterInProcess()).toBeUndefined();
  expect(kit.lines.at(-1)).toMatchObject({ msg: 'edenai cost meter closed', edenai: { restored: true, unsettled: 0 } });
});

test('each of two test modules, one after the other, has a meter of its own', async () => {
  const meters = [];
  for (const name of ['first', 'second']) {
    const options = kit.options({ budgets: [{ name, limitUsd: 1, window: 'day' }] });
    const builder = Test.createTestingModule({ imports: [CostModule.forRoot()] });
    const testing = await builder.overrideProvider(COST_OPTIONS).useValue(options).compile();
    await testing.init();
    const { meter } = testing.get(CostService);
    meters.push(meter.budgets().map((budget) => budget.name));
    await testing.close();
  }
  expect(meters).toEqual([['first'], ['second']]);
});

test('a unit test needs no module: a service takes any CostService', async () => {
  const testing = await Test.createTestingModule({
    providers: [Chats, { provide: CostService, useValue: { current: () => undefined } }],
  }).compile();
  expect(await testing.get(Chats).chat()).toBe('nobody');
  await testing.close();
});
