import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { onAnswered } from '@eden-cost/core';
import { useServers } from '../support/serve.js';
import { turnsUntil } from '../support/turns.js';

const serve = useServers();
const contexts = new AsyncLocalStorage<string>();

/** Where the end of the responses of a server is told: the app's own contexts, one for each path. */
async function start() {
  const told: (string | undefined)[] = [];
  const responses: Record<string, ServerResponse> = {};
  const { url } = await serve((request, response) => {
    const { url: path = '' } = request;
    contexts.run(`the one of ${path}`, () => onAnswered(request, response, () => told.push(contexts.getStore())));
    responses[path] = response;
  });
  const { hostname, port } = new URL(url);
  const client = connect(Number(port), hostname);
  await once(client, 'connect');
  client.write(['/1', '/2'].map((path) => `GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`).join(''));
  await turnsUntil(() => '/2' in responses);
  return { told, responses, client };
}

test('the end of a response is told in the async context of its request, wherever it is ended', async () => {
  const { told, responses, client } = await start();
  contexts.run('another one', () => {
    responses['/1']?.end();
    responses['/2']?.end();
  });
  await turnsUntil(() => told.length === 2);
  client.destroy();
  expect(told).toEqual(['the one of /1', 'the one of /2']);
});

test('a client that leaves is told in the async context of each of its requests', async () => {
  const { told, client } = await start();
  client.destroy();
  await turnsUntil(() => told.length === 2);
  expect(told.sort()).toEqual(['the one of /1', 'the one of /2']);
});
