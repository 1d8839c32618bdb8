import { CostModule, type CostModuleOptions } from '@eden-cost/nestjs';
import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Logger, LoggerModule, type Params } from 'nestjs-pino';
import { CHAT, postInit, readAnswer } from '../../support/calls.js';
import { useStandIn } from '../../support/stand-in.js';
import { unnamed } from '../kit.js';
import { isCostLine, type Line, sink } from '../sink.js';

const standIn = useStandIn();
/** One for all tests: outside of requests, nestjs-pino writes to the first stream that it was given in the process. */
const { stream, lines } = sink();
let app: INestApplication | undefined;
afterEach(async () => {
  await app?.close();
  jest.restoreAllMocks();
});

@Controller()
class Asks {
  @Get('ask/:id')
  async ask(): Promise<string> {
    const init = postInit(CHAT, { reply: { costUsd: 0.01234 } });
    await readAnswer(await fetch(`${standIn.eden.baseUrl}/chat/completions`, init));
    return 'answered';
  }
}

/** What nestjs-pino and stdout were given for one request. */
async function ask(pinoHttp: object, cost: CostModuleOptions = {}, params: Params = {}, useLogger = true) {
  const before = lines().length;
  const { options, stdout } = unnamed();
  const costs = { baseUrls: [standIn.eden.url], rateCard: false as const, ...options, ...cost };
  const imports = [LoggerModule.forRoot({ ...params, pinoHttp: [pinoHttp, stream] }), CostModule.forRoot(costs)];
  class AppModule {}
  Module({ imports, controllers: [Asks] })(AppModule);
  app = await NestFactory.create(AppModule, useLogger ? { bufferLogs: true } : { logger: false });
  if (useLogger) app.useLogger(app.get(Logger));
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace('localhost', '127.0.0.1');
  expect((await fetch(`${url}/ask/42?secret=1`)).status).toBe(200);
  await app.close();
  const told = lines().slice(before);
  return { told, costLines: told.filter(isCostLine), stdout: stdout.join('') };
}

const LINE: Line = {
  res: { statusCode: 200 },
  responseTime: expect.any(Number),
  edenai: expect.objectContaining({ costUsd: 0.01234, calls: 1, late: false }),
};

test.each([true, false])('one line with the costs, and no key twice (app.useLogger: %s)', async (useLogger) => {
  const { costLines, stdout } = await ask({}, {}, {}, useLogger);
  expect(costLines).toMatchObject([{ level: 30, req: { id: 1, method: 'GET' }, ...LINE }]);
  expect(costLines[0]?.edenai).toMatchObject({ route: '/ask/:id' });
  expect(stdout).not.toContain('edenai request cost');
});

test('with customProps: no key twice', async () => {
  const customProps = () => ({ context: 'HTTP', route: 'mine', responseTime: 'mine' });
  const { costLines } = await ask({ customProps });
  expect(costLines).toMatchObject([{ context: 'HTTP', ...LINE, responseTime: 'mine' }]);
});

test('with quietReqLogger: the request is in it, with its route', async () => {
  const { costLines } = await ask({ quietReqLogger: true });
  expect(costLines).toMatchObject([{ reqId: 1, req: { id: 1, method: 'GET', route: '/ask/:id' }, ...LINE }]);
});

test("the operator's lines are its own too", async () => {
  const { told } = await ask({}, { budgets: [{ name: 'all', limitUsd: 0.01, window: 'total' }] });
  const operators = told.filter(({ msg, edenai }) => edenai !== undefined && msg !== 'edenai request cost');
  expect(operators).toMatchObject([
    { level: 30, msg: 'edenai cost meter started', context: 'EdenCost' },
    { level: 40, msg: 'edenai budget "all" has reached 80 % of its limit' },
    { level: 40, msg: 'edenai budget "all" has reached 100 % of its limit' },
    { level: 30, msg: 'edenai cost meter closed' },
  ]);
});

test.each<[string, CostModuleOptions['logger']]>([
  ['a logger', () => {}],
  ['false', false],
])('it is not used when the options say %s', async (_what, logger) => {
  const { costLines, stdout } = await ask({}, { logger });
  expect(costLines).toEqual([]);
  expect(stdout).not.toContain('edenai request cost');
});

test('a route that it leaves out has the line through its root logger, whole', async () => {
  const { costLines } = await ask({}, {}, { exclude: [{ path: 'ask/:id', method: 0 }] });
  expect(costLines).toMatchObject([{ context: 'EdenCost', req: { method: 'GET', route: '/ask/:id' }, ...LINE }]);
});
