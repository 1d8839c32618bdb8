import { CostModule, InjectMeter, type Meter } from '@eden-cost/nestjs';
import {
  Controller,
  HttpCode,
  type INestApplication,
  Module,
  Post,
  type RawBodyRequest,
  Req,
  ServiceUnavailableException,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { hear } from '../support/meter.js';
import { useNest } from './kit.js';

const kit = useNest();
const apps: INestApplication[] = [];

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

/** As docs/jobs.md writes it. */
@Controller('edenai')
class Webhooks {
  constructor(@InjectMeter() readonly meter: Meter) {}

  @Post()
  @HttpCode(204)
  async take(@Req() req: RawBodyRequest<Request>) {
    const job = await this.meter.jobs.webhook(req.rawBody, req.headers);
    if (job?.status === 'running') throw new ServiceUnavailableException();
  }
}

const LIMIT = 20 * 1024 * 1024;
const QUIET = { logger: false, abortOnError: false } as const;

const PLATFORMS: Record<string, (root: Type, rawBody: boolean) => Promise<INestApplication>> = {
  async Express(root, rawBody) {
    const app = await NestFactory.create<NestExpressApplication>(root, new ExpressAdapter(), { ...QUIET, rawBody });
    return rawBody ? app.useBodyParser('json', { limit: LIMIT }) : app;
  },
  Fastify(root, rawBody) {
    const adapter = new FastifyAdapter({ bodyLimit: LIMIT, forceCloseConnections: true });
    return NestFactory.create(root, adapter as never, { ...QUIET, rawBody });
  },
};

describe.each(Object.keys(PLATFORMS))('on %s', (platform) => {
  async function start(rawBody = true) {
    const jobs = { apiKey: 'any', webhookPublicKey: kit.eden.webhookPublicKey };
    class AppModule {}
    Module({ imports: [CostModule.forRoot(kit.options({ jobs }))], controllers: [Webhooks] })(AppModule);
    const app = (await PLATFORMS[platform]?.(AppModule, rawBody)) as INestApplication;
    apps.push(app);
    await app.listen(0, '127.0.0.1');
    const init = { method: 'POST', body: JSON.stringify({ model: 'ocr/invoice_parser/mindee' }) };
    const job = await (await fetch(`${kit.eden.url}/v3/universal-ai/async`, init)).json();
    const url = `${(await app.getUrl()).replace('localhost', '127.0.0.1')}/edenai`;
    return { heard: hear(app.get(Webhooks).meter), id: (job as { public_id: string }).public_id, url };
  }

  it('a webhook settles its job, and comes again while that goes on', async () => {
    const { heard, id, url } = await start();
    kit.eden.script({ match: { path: `/async/${id}` }, body: { public_id: id, status: 'processing' } });
    expect(await kit.eden.sendWebhook(id, url)).toEqual([503, 204]);
    expect(heard.charge).toEqual([expect.objectContaining({ jobId: id, basis: 'reported' })]);
  });

  it('a forged one with large results is answered 401', async () => {
    const { id, url } = await start();
    const { headers } = kit.eden.webhook(id);
    const body = JSON.stringify({ job_id: id, output: 'x'.repeat(1_500_000) });
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(401);
  });

  it('without rawBody it is answered 500', async () => {
    const { heard, id, url } = await start(false);
    expect(await kit.eden.sendWebhook(id, url)).toEqual([500, 500, 500]);
    expect(heard.charge).toEqual([]);
  });
});
