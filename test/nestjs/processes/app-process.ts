// node app-process.ts <how it ends> <the stand-in's url>: writes its lines as JSON, one after another
import 'reflect-metadata';
import { COST_OPTIONS, CostModule, CostService } from '@eden-cost/nestjs';
import { Controller, Get, type INestApplication, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { CHAT, postInit, readAnswer } from '../../support/calls.js';

const [how = '', edenUrl = ''] = process.argv.slice(2);
const write = (line: object) => void process.stdout.write(`${JSON.stringify(line)}\n`);

const options = {
  baseUrls: [edenUrl],
  rateCard: false as const,
  logger: write,
  budgets: [{ name: 'all', limitUsd: 5, window: 'day' as const }],
};

@Injectable()
class Chats {
  async chat() {
    await readAnswer(await fetch(`${edenUrl}/v3/chat/completions`, postInit(CHAT)));
    return 'ok';
  }
}

@Controller()
class Asks {
  @Get('ask')
  ask() {
    return new Chats().chat();
  }
}

@Module({ imports: [CostModule.forRoot(how === 'sigterm' ? options : {})], controllers: [Asks], providers: [Chats] })
class AppModule {}

const ask = async (app: INestApplication) => {
  await app.listen(0, '127.0.0.1');
  await (await fetch(`${await app.getUrl()}/ask`)).text();
};

const testing = () =>
  Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(COST_OPTIONS)
    .useValue(options);

const ENDS: Record<string, () => Promise<unknown>> = {
  async sigterm() {
    const app = await NestFactory.create(AppModule, { logger: false });
    app.enableShutdownHooks();
    await app.listen(0, '127.0.0.1');
    write({ url: await app.getUrl() });
  },
  async closed() {
    const app = (await testing().compile()).createNestApplication({ logger: false });
    await ask(app);
    await app.close();
  },
  async compiled() {
    const module = await testing().compile();
    await module.get(Chats).chat();
    const { costNanos } = module.get(CostService).meter.snapshot();
    write({ costNanos }); // and nobody closes it
  },
};

await ENDS[how]?.();
