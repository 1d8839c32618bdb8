import {
  Budget,
  CostLabels,
  type CostModuleOptions,
  type CostScope,
  CostService,
  Costs,
  SkipBudgets,
} from '@eden-cost/nestjs';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { type CanActivate, Inject, UseGuards } from '@nestjs/common';
import {
  Args,
  Field,
  GraphQLModule,
  Mutation,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { CANARIES, expectNothingPrivate } from '../support/canaries.js';
import { PLATFORMS, useNest } from './kit.js';

describe.each(PLATFORMS)('the resolvers of @nestjs/graphql, on %s', (platform) => {
  const kit = useNest(platform);
  const chat = async (costUsd: number) => {
    await readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, postInit(CHAT, { reply: { costUsd } })));
    return 'ok';
  };

  @ObjectType()
  class Document {
    @Field(() => String)
    id!: string;
  }

  class AskingGuard implements CanActivate {
    async canActivate() {
      return (await chat(0.5)) === 'ok';
    }
  }

  @Resolver(() => Document)
  class Documents {
    constructor(@Inject(CostService) private readonly costs: CostService) {}

    @Query(() => [Document])
    async documents(@Args('ids', { type: () => [String] }) ids: string[]) {
      await chat(0.125);
      return ids.map((id) => ({ id }));
    }

    @ResolveField(() => String, { nullable: true })
    @CostLabels({ feature: 'summary' })
    async summary(@Parent() { id }: Document) {
      return `${await chat(0.25)} ${id}`;
    }

    @ResolveField(() => String, { nullable: true })
    @Budget('images')
    image() {
      return chat(0.5);
    }

    @ResolveField(() => String)
    @SkipBudgets()
    help() {
      return chat(0.0625);
    }

    @Query(() => String)
    @UseGuards(AskingGuard)
    guarded() {
      return 'not to be reached';
    }

    @Mutation(() => String)
    @Budget({ limitUsd: 0.5, window: 'day' })
    async draft(@Costs() costs: CostScope) {
      await chat(0.5);
      return `${costs.totalUsd} ${this.costs.current()?.totalUsd}`;
    }
  }

  type Answer = {
    data: Record<string, unknown> | null;
    errors?: { message: string; path: string[]; extensions?: object }[];
  };

  const IMAGES = { name: 'images', window: 'day', routes: 'named' } as const;

  async function serve({ budgets = [], ...cost }: CostModuleOptions = {}, images = 0.5) {
    const driver: ApolloDriverConfig = {
      driver: ApolloDriver,
      autoSchemaFile: true,
      fieldResolverEnhancers: ['interceptors'],
    };
    const { url } = await kit.serve({
      imports: [GraphQLModule.forRoot(driver)],
      providers: [Documents],
      cost: { ...cost, budgets: [...budgets, { ...IMAGES, limitUsd: images }] },
    });
    return async (query: string, tenant = 'none') => {
      const init = postInit({ query });
      const headers = { ...init.headers, 'x-tenant': tenant };
      const text = await (await fetch(`${url}/graphql`, { ...init, headers })).text();
      return { text, ...(JSON.parse(text) as Answer) };
    };
  }

  test("each resolver's calls are in the scope of the request, which is one line", async () => {
    const ask = await serve({ labels: () => ({ tenant: 'acme' }) });
    const { data } = await ask('{ documents(ids: ["a", "b"]) { id summary } }');
    expect(data).toEqual({
      documents: [
        { id: 'a', summary: 'ok a' },
        { id: 'b', summary: 'ok b' },
      ],
    });
    expect(kit.costLines()).toMatchObject([
      { edenai: { calls: 3, costNanos: 625_000_000, labels: { tenant: 'acme', feature: 'summary' }, late: false } },
    ]);
  });

  test('requests at once have their own cost each, which @Costs() and CostService say', async () => {
    const ask = await serve();
    const drafts = await Promise.all([ask('mutation { draft }'), ask('{ documents(ids: ["a"]) { summary } }')]);
    expect(drafts.map(({ data }) => data)).toEqual([{ draft: '0.5 0.5' }, { documents: [{ summary: 'ok a' }] }]);
    expect(
      kit
        .costLines()
        .map(({ edenai }) => edenai.costNanos)
        .sort(),
    ).toEqual([375_000_000, 500_000_000]);
  });

  test('gives labels the request: each tenant has an account of its own', async () => {
    const budgets = [{ name: 'tenants', limitUsd: 0.125, window: 'day', by: 'tenant' } as const];
    const ask = await serve({ labels: (_context, request) => ({ tenant: request?.headers['x-tenant'] }), budgets });
    const query = '{ documents(ids: ["a"]) { id } }';
    const served = [await ask(query, 'acme'), await ask(query, 'acme'), await ask(query, 'globex')];
    expect(served.map(({ data, errors }) => [data !== null, errors?.[0]?.extensions])).toEqual([
      [true, undefined],
      [false, { code: 'ERR_COST_BUDGET_EXCEEDED' }],
      [true, undefined],
    ]);
    expect(kit.costLines().map(({ edenai }) => edenai.labels)).toEqual(
      ['acme', 'acme', 'globex'].map((tenant) => ({ tenant })),
    );
  });

  describe('a denial', () => {
    const budgets = [{ name: CANARIES.budget, limitUsd: 0.125, window: 'day', by: 'tenant' } as const];
    const cost = { labels: () => ({ tenant: CANARIES.label }), budgets };
    const DENIED = 'The AI budget for this request is used up';

    test('in a resolver is a GraphQL error of that field alone, and nothing private is in it', async () => {
      const ask = await serve(cost);
      const { data, errors, text } = await ask('{ documents(ids: ["a"]) { id summary help } }');
      expect([data, errors]).toEqual([
        { documents: [{ id: 'a', summary: null, help: 'ok' }] },
        [
          {
            message: DENIED,
            path: ['documents', 0, 'summary'],
            locations: expect.anything(),
            extensions: { code: 'ERR_COST_BUDGET_EXCEEDED' },
          },
        ],
      ]);
      expectNothingPrivate({ text });
    });

    test('of @Budget() comes before its resolver calls anybody', async () => {
      const ask = await serve({}, 0);
      const { errors, text } = await ask('{ documents(ids: ["a"]) { summary image } }');
      expect(errors).toEqual([expect.objectContaining({ message: DENIED, path: ['documents', 0, 'image'] })]);
      expect(text).toContain('ERR_COST_BUDGET_EXCEEDED');
      expect(kit.costLines()).toMatchObject([{ edenai: { calls: 2 } }]);
    });

    test('in a guard of a resolver is the same', async () => {
      const ask = await serve({ budgets: [{ name: 'none', limitUsd: 0, window: 'day' }] });
      const { data, errors } = await ask('{ guarded }');
      expect([data, errors]).toEqual([
        null,
        [expect.objectContaining({ message: DENIED, extensions: { code: 'ERR_COST_BUDGET_EXCEEDED' } })],
      ]);
    });

    test('of an inline budget is for the resolver that brings it', async () => {
      const ask = await serve();
      expect((await ask('mutation { draft }')).errors).toBeUndefined();
      expect((await ask('mutation { draft }')).errors).toMatchObject([{ message: DENIED, path: ['draft'] }]);
      expect((await ask('{ documents(ids: ["a"]) { summary } }')).errors).toBeUndefined();
    });
  });
});
