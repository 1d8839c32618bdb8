import { Budget } from '@eden-cost/nestjs';
import { Controller, Get } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Throttle, ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { PLATFORMS, useNest } from './kit.js';

describe.each(PLATFORMS)('beside @nestjs/throttler, on %s', (platform) => {
  const kit = useNest(platform);

  @Controller()
  class Asks {
    @Get('ask')
    @Throttle({ default: { limit: 2, ttl: 60_000 } })
    async ask() {
      await readAnswer(
        await fetch(`${kit.eden.baseUrl}/chat/completions`, postInit(CHAT, { reply: { costUsd: 0.5 } })),
      );
      return 'ok';
    }

    @Get('checked')
    @Budget()
    checked() {
      return 'ok';
    }
  }

  const serve = async (limitUsd: number) => {
    const { url } = await kit.serve({
      controllers: [Asks],
      imports: [ThrottlerModule.forRoot([{ limit: 100, ttl: 60_000 }])],
      providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
      cost: { budgets: [{ name: 'all', limitUsd, window: 'day' }] },
    });
    return async (path: string) => {
      const response = await fetch(`${url}/${path}`);
      await response.text();
      return { status: response.status, retryAfter: response.headers.get('retry-after') };
    };
  };

  test('a throttled request is still 429, and spends nothing', async () => {
    const get = await serve(10);
    expect([await get('ask'), await get('ask')]).toMatchObject([{ status: 200 }, { status: 200 }]);
    expect(await get('ask')).toEqual({ status: 429, retryAfter: '60' });
    expect(kit.eden.books().totalUsd).toBe(1);
  });

  test('a denied one is 402, with the wait of its window', async () => {
    const get = await serve(0.5);
    expect((await get('ask')).status).toBe(200);
    for (const path of ['ask', 'checked']) {
      expect(await get(path)).toEqual({ status: 402, retryAfter: expect.stringMatching(/^[1-9]\d{0,4}$/) });
    }
    expect((await get('ask')).status).toBe(429);
  });
});
