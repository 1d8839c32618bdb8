import { Budget, OptionsError } from '@eden-cost/nestjs';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Field, GraphQLModule, ObjectType, Query, ResolveField, Resolver } from '@nestjs/graphql';
import OpenAI from 'openai';
import { CHAT, postInit } from '../support/calls.js';
import { CANARIES, expectNothingPrivate } from '../support/canaries.js';
import { PLATFORMS, useNest } from './kit.js';

const BUDGET = { name: CANARIES.budget, limitUsd: 0.25, window: 'day', by: 'tenant' } as const;

@ObjectType()
class Document {
  @Field(() => String)
  id!: string;
}

describe.each(PLATFORMS)(
  'the resolver of a field, for which Nest runs no interceptors by default, on %s',
  (platform) => {
    const kit = useNest(platform);

    @Resolver(() => Document)
    class Documents {
      @Query(() => Document)
      document() {
        return { id: 'a' };
      }

      @ResolveField(() => String, { nullable: true })
      async summary() {
        const openai = new OpenAI({ baseURL: kit.eden.baseUrl, apiKey: CANARIES.key });
        await openai.chat.completions.create(CHAT);
        return 'ok';
      }
    }

    @Resolver(() => Document)
    class Marked extends Documents {
      @ResolveField(() => String)
      @Budget(CANARIES.budget)
      image() {
        return 'not to be reached';
      }
    }

    async function serve(resolver: new () => object, enhancers?: ApolloDriverConfig['fieldResolverEnhancers']) {
      const fields = enhancers && { fieldResolverEnhancers: enhancers };
      const driver: ApolloDriverConfig = { driver: ApolloDriver, autoSchemaFile: true, ...fields };
      const { url } = await kit.serve({
        imports: [GraphQLModule.forRoot(driver)],
        providers: [resolver],
        cost: { labels: () => ({ tenant: CANARIES.label }), budgets: [BUDGET] },
      });
      return async (query: string) => (await fetch(`${url}/graphql`, postInit({ query }))).text();
    }

    test("is in its request's scope, and its denials leak nothing", async () => {
      const ask = await serve(Documents);
      kit.eden.script({ costUsd: 0.25 });
      const answers = [await ask('{ document { id summary } }'), await ask('{ document { id summary } }')];
      expect(answers.map((text) => JSON.parse(text).data.document)).toEqual([
        { id: 'a', summary: 'ok' },
        { id: 'a', summary: null },
      ]);
      expectNothingPrivate({ text: answers.join() });
      expect(kit.costLines().map(({ edenai }) => [edenai.costNanos, edenai.deniedCalls])).toEqual([
        [250_000_000, 0],
        [0, 1],
      ]);
    });

    test('stops the app when it has a decorator, which would do nothing there', async () => {
      await expect(serve(Marked)).rejects.toThrow(OptionsError);
      await expect(serve(Marked, ['guards'])).rejects.toThrow(
        /^Marked\.image has @Budget\(\).*fieldResolverEnhancers: \['interceptors'\]/,
      );
      await serve(Marked, ['interceptors']);
    });
  },
);
