import { Readable } from 'node:stream';
import type { CostModuleOptions } from '@eden-cost/nestjs';
import { Controller, Get } from '@nestjs/common';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { CANARIES, expectNothingPrivate } from '../support/canaries.js';
import { rawRequest } from '../support/raw-http.js';
import { PLATFORMS, useNest } from './kit.js';

describe.each(PLATFORMS)('bodies that only Nest 12 streams, on %s', (platform) => {
  const kit = useNest(platform);
  const chat = async (costUsd: number) => {
    const init = postInit(CHAT, { reply: { costUsd } });
    await readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, init));
    return 'part ';
  };
  async function* parts() {
    for (const cost of [0.125, 0.25, 0.5]) {
      yield await chat(cost);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  @Controller()
  class Bodies {
    @Get('generator')
    generator() {
      return parts();
    }

    @Get('readable')
    readable() {
      return Readable.from(parts());
    }

    @Get('web')
    web() {
      const generator = parts();
      const encoder = new TextEncoder();
      return new ReadableStream({
        async pull(controller) {
          const { done, value } = await generator.next();
          if (done) controller.close();
          else controller.enqueue(encoder.encode(value));
        },
      });
    }

    @Get('response')
    async response() {
      const init = postInit({ ...CHAT, stream: true }, { reply: { costUsd: 0.875 } });
      return fetch(`${kit.eden.baseUrl}/chat/completions`, init);
    }
  }
  const BODIES = ['generator', 'readable', 'web'];
  const cost: CostModuleOptions = {
    labels: () => ({ tenant: CANARIES.label }),
    budgets: [{ name: CANARIES.budget, limitUsd: 0.875, window: 'day', by: 'tenant' }],
  };

  test.each([...BODIES, 'response'])('are priced before the request ends: %s', async (path) => {
    const { url } = await kit.serve({ controllers: [Bodies] });
    await (await fetch(`${url}/${path}`)).text();
    while (kit.costLines().length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(kit.costLines()).toMatchObject([
      { req: { route: `/${path}` }, edenai: { costNanos: 875_000_000, late: false, aborted: false } },
    ]);
  });

  test.each(['generator', 'readable'])('belong to their request wherever a middleware goes on: %s', async (path) => {
    const queue: (() => void)[] = [];
    const timer = setInterval(() => queue.pop()?.(), 1);
    const { url } = await kit.serve({
      controllers: [Bodies],
      middleware: (consumer) =>
        consumer.apply((_req: unknown, _res: unknown, next: () => void) => queue.push(next)).forRoutes(Bodies),
    });
    await (await fetch(`${url}/${path}`)).text();
    clearInterval(timer);
    while (kit.costLines().length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(kit.costLines()).toMatchObject([{ edenai: { costNanos: 875_000_000, late: false } }]);
  });

  test.each([...BODIES, 'response'])('are a clean 402 before the first byte on a spent budget: %s', async (path) => {
    const { url } = await kit.serve({ controllers: [Bodies], cost });
    await (await fetch(`${url}/response`)).text();
    const answer = await rawRequest(`${url}/${path}`);
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([402, 'ERR_COST_BUDGET_EXCEEDED']);
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
    expectNothingPrivate({ ...answer, text: answer.text.replace(answer.body, '') });
  });
});
