import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { Controller, Get, Req, StreamableFile } from '@nestjs/common';
import {
  BUDGETS,
  chat,
  leaveBehindAnother,
  leaveDuringCall,
  leaveDuringStream,
  openStream,
} from '../attribution/disconnects.js';
import { PLATFORMS, useNest } from './kit.js';

describe.each(PLATFORMS)('on %s', (platform) => {
  const kit = useNest(platform);
  let gone: Promise<unknown> = Promise.resolve();

  @Controller()
  class Asks {
    @Get('ask')
    async ask(@Req() req: IncomingMessage & { raw?: IncomingMessage }) {
      gone = once((req.raw ?? req).socket, 'close');
      await chat(kit.eden.baseUrl);
      return 'nobody reads this';
    }

    @Get('gone')
    async gone() {
      await gone;
    }

    @Get('stream')
    async stream() {
      return new StreamableFile(Readable.fromWeb((await openStream(kit.eden.baseUrl)) as never));
    }
  }

  const start = async () => {
    const { url } = await kit.serve({ controllers: [Asks], cost: { budgets: BUDGETS } });
    return { url, eden: kit.eden, costLines: kit.costLines };
  };

  test('a client that leaves during a call: its cost lands on the budget and in a line that says so', async () => {
    await leaveDuringCall(await start());
  });

  test('a client that leaves in the midst of a StreamableFile: what it has cost is in a line that says so', async () => {
    await leaveDuringStream(await start());
  });

  test('a client that leaves while its second request waits behind the first: both are in a line', async () => {
    await leaveBehindAnother(await start());
  });
});
