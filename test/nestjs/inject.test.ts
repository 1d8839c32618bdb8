import { Controller, Get } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { chat } from '../attribution/disconnects.js';
import { useNest } from './kit.js';

const kit = useNest('Fastify');

@Controller()
class Asks {
  @Get()
  async ask() {
    await chat(kit.eden.baseUrl);
    return 'answered';
  }
}

test('an answer to app.inject() is no aborted one', async () => {
  const app = (await kit.create({ controllers: [Asks] })) as NestFastifyApplication;
  await app.init();
  expect((await app.inject('/')).payload).toBe('answered');
  expect(kit.costLines()).toMatchObject([{ edenai: { calls: 1, aborted: false, late: false } }]);
});
