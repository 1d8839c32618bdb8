import { Budget, CostLabels, type CostScope, Costs, SkipBudgets } from '@eden-cost/nestjs';
import { Controller, Get, Inject, Param, Req, SetMetadata } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { PLATFORMS, useNest } from './kit.js';

/** What `@nestjs/graphql` leaves on a resolver's method; and it runs them by an `ExternalContextCreator`, as is done here. */
const Query = () => SetMetadata('graphql:resolver_type', 'Query');

describe.each(PLATFORMS)('the resolvers of one GraphQL request, on %s', (platform) => {
  const kit = useNest(platform);
  const chat = async (costUsd: number) => {
    await readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, postInit(CHAT, { reply: { costUsd } })));
    return 'ok';
  };

  class Resolvers {
    @Query()
    @SkipBudgets()
    @CostLabels({ feature: 'help' })
    help() {
      return chat(0.125);
    }

    @Query()
    @CostLabels({ feature: 'ask' })
    ask() {
      return chat(0.25);
    }

    @Query()
    @Budget({ limitUsd: 0.25, window: 'day' })
    small() {
      return chat(0.25);
    }

    @Query()
    @Budget({ limitUsd: 0.25, window: 'day' })
    other() {
      return chat(0.25);
    }
  }

  @Controller()
  class Graph {
    constructor(
      @Inject(ExternalContextCreator) private readonly creator: ExternalContextCreator,
      @Inject(Resolvers) private readonly resolvers: Resolvers,
    ) {}

    @Get('graph/:names')
    async run(@Param('names') names: string, @Req() req: object, @Costs() costs: CostScope) {
      const answers = names.split(',').map(async (name) => {
        const method = this.resolvers[name as keyof Resolvers];
        const enhancers = { guards: true, interceptors: true, filters: true };
        const resolve = this.creator.create(
          this.resolvers as never,
          method,
          name,
          undefined,
          undefined,
          undefined,
          undefined,
          enhancers,
          'graphql',
        );
        return resolve({}, {}, { req }, {}).catch((error: Error) => error.name);
      });
      return { answers: await Promise.all(answers), totalUsd: costs.totalUsd };
    }
  }

  const serve = async (cost: Parameters<typeof kit.serve>[0]['cost']) => {
    const { url } = await kit.serve({ controllers: [Graph], providers: [Resolvers], cost });
    return async (names: string) => (await fetch(`${url}/graph/${names}`)).json();
  };

  test('are skipped by their own decorators only, in one scope with one line', async () => {
    const run = await serve({
      budgets: [{ name: 'none', limitUsd: 0, window: 'day' }],
      labels: () => ({ tenant: 'acme' }),
    });
    const expected = { answers: ['ok', 'PaymentRequiredException', 'ok'], totalUsd: 0.25 };
    expect(await run('help,ask,help')).toEqual(expected);
    expect(kit.costLines()).toMatchObject([
      {
        req: { route: '/graph/:names' },
        edenai: { calls: 2, deniedCalls: 1, labels: { tenant: 'acme', feature: 'help, ask' } },
      },
    ]);
  });

  test('draw on the budgets of their own labels, and together on that of the request', async () => {
    const run = await serve({
      budgets: [
        { name: 'features', limitUsd: 0.25, window: 'day', by: 'feature' },
        { name: 'request', limitUsd: 0.375, window: 'request', estimateUsd: 0.01, mandatory: true },
      ],
    });
    expect(await run('ask')).toMatchObject({ answers: ['ok'] });
    expect(await run('ask')).toMatchObject({ answers: ['PaymentRequiredException'] });
    for (const [names, totalUsd] of [
      ['help', 0.125],
      ['help,help,help', 0.375],
    ] as const) {
      expect(await run(names)).toMatchObject({ totalUsd });
    }
    expect(await run('help,small')).toMatchObject({ answers: ['ok', 'ok'], totalUsd: 0.375 });
  });

  test('have an inline budget each', async () => {
    const run = await serve({});
    expect(await run('small,other')).toMatchObject({ answers: ['ok', 'ok'] });
    expect(await run('small,ask')).toMatchObject({ answers: ['PaymentRequiredException', 'ok'] });
    expect(kit.eden.requests()).toHaveLength(3);
  });
});
