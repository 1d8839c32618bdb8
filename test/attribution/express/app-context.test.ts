import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { LogLine } from '@eden-cost/core';
import express from 'express';
import { useCostAware } from '../../support/cost-aware.js';
import { useServers } from '../../support/serve.js';
import { useStandIn } from '../../support/stand-in.js';
import { turnsUntil } from '../../support/turns.js';
import { chat } from '../disconnects.js';

const standIn = useStandIn();
const kit = useCostAware(() => standIn.eden);
const serve = useServers();

type End = (response: ServerResponse, client: AbortController) => void;

/** As a mixin of pino reads the id of a request: what the logger finds in the app's own context when the cost line is written. */
async function idInLine(end: End): Promise<unknown[]> {
  const contexts = new AsyncLocalStorage<{ id: string }>();
  const found: unknown[] = [];
  const logger = ({ msg }: LogLine) => {
    if (msg === 'edenai request cost') found.push(contexts.getStore()?.id);
  };
  const app = express().use((_req, _res, next) => contexts.run({ id: 'request-7' }, next));
  const answering = new Promise<ServerResponse>((resolve) => {
    app.use(kit.costAware({ logger })).get('/', async (_req, res) => {
      await chat(standIn.eden.baseUrl);
      res.write('begun');
      resolve(res);
    });
  });
  const { url } = await serve(app);
  const client = new AbortController();
  const answer = await fetch(url, { signal: client.signal });
  end(await answering, client);
  await Promise.all([answer.text().catch(() => {}), once(await answering, 'close')]);
  await turnsUntil(() => found.length > 0);
  return found;
}

test.each<[string, End]>([
  ['is ended outside of the request', (response) => response.end()],
  ['is left by its client', (_response, client) => client.abort()],
])("a logger reads the app's own AsyncLocalStorage where a response %s", async (_where, end) => {
  expect(await idInLine(end)).toEqual(['request-7']);
});
