import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { costAware } from '@eden-cost/express';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import OpenAI from 'openai';
import { CHAT, readAnswer } from '../support/calls.js';
import { useServers } from '../support/serve.js';

const serve = useServers();

/** Another service: answers with all that it was sent. */
async function echo(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url, rawHeaders } = incoming;
  const body = await text(incoming);
  response.writeHead(url === '/402' ? 402 : 200, { 'content-type': 'application/json', 'x-own': 'yes' });
  response.end(JSON.stringify({ method, url, rawHeaders, body, cost: 12.5 }));
}

const headersOf = ({ headers }: { headers: Headers }) => [...headers].filter(([name]) => name !== 'date');

/** What an app does with other services, and what it answers its own clients. */
async function visit(other: string, middleware: RequestHandler[]) {
  const openai = new OpenAI({ baseURL: `${other}/v1`, apiKey: 'any', maxRetries: 0 });
  const app = express();
  app.use(...middleware, (_req, _res, next) => next());
  app.get('/calls', async (_req, res) => {
    const json = await fetch(`${other}/v3/chat/completions`, { method: 'POST', body: JSON.stringify(CHAT) });
    const stream = await fetch(`${other}/x`, { method: 'PUT', body: new Blob(['a', 'b']).stream(), duplex: 'half' });
    const unpaid = await fetch(`${other}/402`);
    const sdk = await openai.chat.completions.create({ ...CHAT, stream: false }).withResponse();
    const seen = [];
    for (const response of [json, stream, unpaid]) {
      seen.push([response.status, headersOf(response), (await readAnswer(response)).bytes.toString()]);
    }
    res.json({ seen, sdk: [sdk.data, headersOf(sdk.response)] });
  });
  app.get('/throws', () => {
    throw Object.assign(new Error('teapot'), { status: 418, expose: true });
  });
  app.use((error: { status: number; message: string }, _req: Request, res: Response, _next: NextFunction) => {
    res.status(error.status).send(error.message);
  });
  const { url } = await serve(app);
  const answers = [];
  for (const path of ['/calls', '/throws', '/missing']) {
    const response = await fetch(url + path);
    answers.push([response.status, headersOf(response), await response.text()]);
  }
  return answers;
}

describe('an app that calls no Eden AI', () => {
  it('sends and answers every byte and header as without us, and nothing is logged or charged', async () => {
    const other = createServer((req, res) => void echo(req, res)).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    try {
      const without = await visit(`http://127.0.0.1:${port}`, []);
      const lines: { msg: string }[] = [];
      const costs = costAware({ logger: (line) => lines.push(line) });
      const with_ = await visit(`http://127.0.0.1:${port}`, [costs]);
      await costs.meter.close();

      expect(without.map(([status]) => status)).toEqual([200, 418, 404]);
      expect(with_).toEqual(without);
      expect(lines.map(({ msg }) => msg)).toEqual(['edenai cost meter started', 'edenai cost meter closed']);
      expect(costs.meter.snapshot()).toMatchObject({ calls: 0, deniedCalls: 0, costNanos: 0 });
    } finally {
      other.close();
      other.closeAllConnections();
    }
  });
});
