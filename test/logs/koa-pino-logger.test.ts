import { type CostAwareOptions, costAware } from '@eden-cost/koa';
import Koa from 'koa';
import logger from 'koa-pino-logger';
import { unnamed, useApps } from './kit.js';
import { isCostLine, sink } from './sink.js';

const kit = useApps();

async function ask(given: CostAwareOptions, options: Parameters<typeof logger>[0] = {}) {
  const { stream, lines } = sink();
  const costs = costAware({ baseUrls: [kit.eden.url], rateCard: false, ...given });
  const app = new Koa();
  app.use(logger(options, stream));
  app.use(costs);
  app.use(async (ctx) => {
    await kit.chat({ costUsd: 0.01234 });
    ctx.body = 'answered';
  });
  try {
    const { url } = await kit.serve(app.callback());
    expect((await fetch(`${url}/ask/42?secret=1`)).status).toBe(200);
  } finally {
    await costs.meter.close();
  }
  return lines().filter(isCostLine);
}

it('has one line with the costs, and no key twice', async () => {
  const { options, stdout } = unnamed();
  expect(await ask(options)).toMatchObject([
    { req: { id: 1, method: 'GET' }, res: { statusCode: 200 }, edenai: { costUsd: 0.01234, calls: 1 } },
  ]);
  expect(stdout.join('')).not.toContain('edenai request cost');
});

it('with customProps: no key twice', async () => {
  const customProps = () => ({ service: 'shop', res: 'mine', responseTime: 'mine' });
  const { options } = unnamed();
  expect(await ask(options, { customProps })).toMatchObject([{ service: 'shop', edenai: { costUsd: 0.01234 } }]);
});

it.each<[string, CostAwareOptions, number]>([
  ['a logger', { logger: () => {} }, 0],
  ['false', { logger: false }, 0],
])('is not used when the options say %s', async (_what, options, count) => {
  expect(await ask(options)).toHaveLength(count);
});
