import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, ServerResponse } from 'node:http';
import * as http2 from 'node:http2';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { onAnswered } from '@eden-cost/core';
import inject, { type DispatchFunc } from 'light-my-request';
import { callAtOnce } from '../support/call-at-once.js';
import { rawBytes } from '../support/raw-http.js';
import { useServers } from '../support/serve.js';
import { turnsUntil } from '../support/turns.js';

type Handle = (request: IncomingMessage, response: ServerResponse) => unknown;

const serve = useServers();

/** More than the buffers of a connection take. */
const LARGE = Buffer.alloc(64 * 1024 * 1024);

/** A handler whose responses are watched; each entry is a path, and whether its response was aborted. */
function watched(handle: Handle) {
  const ends: [path: string | undefined, aborted: boolean][] = [];
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    onAnswered(request, response, ({ aborted }) => ends.push([request.url, aborted]));
    handle(request, response);
  };
  return { ends, listener };
}

/** Sends GET requests for these paths at once, on one connection. */
async function send(url: string, ...paths: string[]): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const client = connect(Number(port), hostname);
  client.on('error', () => {});
  await once(client, 'connect');
  client.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`).join(''));
  return client;
}

/** What has been told once the connections of a server are closed, and a few turns later. */
async function settled(ends: unknown[], count = 1): Promise<unknown[]> {
  await turnsUntil(() => ends.length >= count);
  let turns = 0;
  await turnsUntil(() => ++turns > 20);
  return ends;
}

test.each<[string, string, Handle]>([
  ['an answer', 'GET', (_request, response) => response.end('answered')],
  ['an answer in parts', 'GET', (_request, response) => response.write('a') && setImmediate(() => response.end('b'))],
  ['an answer to HEAD', 'HEAD', (_request, response) => response.end('no body')],
  ['an answer without a body', 'GET', (_request, response) => response.writeHead(304).end()],
  ['an answer that the app hangs up after', 'GET', (_request, response) => response.end('answered').destroy()],
  ['an answer whose request the app destroys', 'POST', (request, response) => response.end('no') && request.destroy()],
])('%s is told once, as not aborted', async (_what, method, handle) => {
  const { ends, listener } = watched(handle);
  const { url } = await serve(listener);
  await rawBytes(url, { method });
  expect(await settled(ends)).toEqual([['/', false]]);
});

test.each<[string, Handle]>([
  ['before its first byte', () => {}],
  ['in the midst of it', (_request, response) => response.write('a')],
  ['before all of it is sent, though it has ended', (_request, response) => response.end(LARGE)],
  ['before the last part of it is sent', (_request, response) => response.write(LARGE) || response.end(LARGE)],
])('a client that leaves %s has aborted', async (_when, handle) => {
  let begun = () => {};
  const handled = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const { ends, listener } = watched((request, response) => {
    handle(request, response);
    begun();
  });
  const { url } = await serve(listener);
  const client = await send(url, '/');
  await handled;
  client.resetAndDestroy();
  expect(await settled(ends)).toEqual([['/', true]]);
});

test.each<[string, Handle]>([
  ['the app destroys', (_request, response) => response.destroy()],
  ['breaks with an error', (request) => request.socket.destroy(new Error('broken'))],
  [
    'is ended after its connection',
    (request, response) => {
      request.socket.once('close', () => response.end('too late'));
      request.socket.destroy();
    },
  ],
])('a response that %s is told once, as aborted', async (_what, handle) => {
  const { ends, listener } = watched(handle);
  const { url } = await serve(listener);
  await rawBytes(url);
  expect(await settled(ends)).toEqual([['/', true]]);
});

test('many answers on one connection leave no listeners behind', async () => {
  const REQUESTS = 1_000;
  const counts = new Set<string>();
  const { ends, listener } = watched(({ socket }, response) => {
    counts.add(
      socket
        .eventNames()
        .map((name) => `${String(name)}: ${socket.listenerCount(name)}`)
        .join(),
    );
    response.end();
  });
  const { url } = await serve(listener);
  const client = await send(url, '/');
  for (let sent = 1; sent < REQUESTS; sent++) {
    await once(client, 'data');
    client.write('GET / HTTP/1.1\r\nhost: here\r\n\r\n');
  }
  await once(client, 'data');
  client.destroy();
  expect(await settled(ends, REQUESTS)).toEqual(Array(REQUESTS).fill(['/', false]));
  expect(counts.size).toBe(1);
});

describe('requests that are sent at once', () => {
  const open = (paths: Record<string, ServerResponse>) =>
    watched(({ url = '' }, response) => {
      paths[url] = response;
    });

  test('are told one after the other, as they are answered', async () => {
    const responses: Record<string, ServerResponse> = {};
    const { ends, listener } = open(responses);
    const { url } = await serve(listener);
    const client = await send(url, '/1', '/2', '/3');
    client.resume();
    await turnsUntil(() => '/3' in responses);
    responses['/3']?.end();
    responses['/2']?.end();
    expect(await settled(ends, 0)).toEqual([]);
    responses['/1']?.end();
    await turnsUntil(() => ends.length === 3);
    client.destroy();
    expect(await settled(ends, 3)).toEqual([
      ['/1', false],
      ['/2', false],
      ['/3', false],
    ]);
  });

  test('are all told when the client leaves, ended or not', async () => {
    const responses: Record<string, ServerResponse> = {};
    const { ends, listener } = open(responses);
    const { url } = await serve(listener);
    const client = await send(url, '/1', '/2', '/3');
    await turnsUntil(() => '/3' in responses);
    responses['/2']?.end('answered');
    client.destroy();
    expect((await settled(ends, 3)).sort()).toEqual([
      ['/1', true],
      ['/2', true],
      ['/3', true],
    ]);
  });

  test('add one listener to their connection', async () => {
    const responses: Record<string, ServerResponse> = {};
    const { ends, listener } = open(responses);
    const { url } = await serve(listener);
    const before = (socket: Socket) => socket.listenerCount('close');
    const client = await send(url, '/1');
    await turnsUntil(() => '/1' in responses);
    const { socket } = (responses['/1'] as ServerResponse).req;
    const alone = before(socket);
    client.write(Array.from({ length: 20 }, (_, at) => `GET /${at + 2} HTTP/1.1\r\nhost: here\r\n\r\n`).join(''));
    await turnsUntil(() => '/21' in responses);
    expect(before(socket)).toBe(alone + 1);
    client.destroy();
    expect(await settled(ends, 21)).toHaveLength(21);
  });
});

test('an upgraded request is told when its connection closes, and is not aborted', async () => {
  const { ends, listener } = watched(() => {});
  const server = createServer();
  server.on('upgrade', (request, socket) => {
    // what websocket libraries make up for the routes of an app
    listener(request, new ServerResponse(request));
    socket.on('end', () => socket.end()).resume();
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = httpRequest({
    port: (server.address() as AddressInfo).port,
    headers: { connection: 'upgrade', upgrade: 'websocket' },
  });
  client.end();
  const [, socket] = (await once(client, 'upgrade')) as [unknown, Socket];
  expect(await settled(ends, 0)).toEqual([]);
  socket.end();
  expect(await settled(ends)).toEqual([['/', false]]);
  server.close();
});

test('an answer to inject() is told once, as not aborted', async () => {
  const { ends, listener } = watched((_request, response) => response.end('answered'));
  expect((await inject(listener as unknown as DispatchFunc, '/')).payload).toBe('answered');
  expect(await settled(ends)).toEqual([['/', false]]);
});

test('an answer to a function in a cloud is told once, as not aborted', async () => {
  const { ends, listener } = watched((_request, response) => response.end('answered'));
  await callAtOnce(listener, '/');
  expect(await settled(ends)).toEqual([['/', false]]);
});

describe('what is over before anybody asks is told in a later turn', () => {
  test.each<[string, boolean, Handle]>([
    ['an answer that has ended', false, (_request, response) => response.end('answered')],
    ['an answer that was sent', false, (_request, response) => once(response.end('answered'), 'close')],
    ['a response whose connection is destroyed', true, (request) => void request.socket.destroy()],
    ['a response whose connection is closed', true, (request) => once(request.socket.destroy(), 'close')],
  ])('%s', async (_what, aborted, handle) => {
    const ends: boolean[] = [];
    let atOnce: number | undefined;
    const { url } = await serve(async (request, response) => {
      await handle(request, response);
      onAnswered(request, response, (end) => ends.push(end.aborted));
      atOnce = ends.length;
    });
    await rawBytes(url);
    expect(await settled(ends)).toEqual([aborted]);
    expect(atOnce).toBe(0);
  });

  test('a response that waits behind another one, on a connection that is closed', async () => {
    const ends: boolean[] = [];
    const { url } = await serve(async (request, response) => {
      if (request.url === '/1') return;
      await once(request.socket, 'close');
      onAnswered(request, response, (end) => ends.push(end.aborted));
    });
    const client = await send(url, '/1', '/2');
    await new Promise<void>((resolve) => setImmediate(resolve));
    client.destroy();
    expect(await settled(ends)).toEqual([true]);
  });
});

describe('over HTTP/2', () => {
  async function start(handle: Handle) {
    const { ends, listener } = watched(handle);
    const server = http2.createServer(listener as never);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    client.on('error', () => {});
    const close = async () => {
      client.destroy();
      server.close();
      await once(server, 'close');
    };
    return { ends, client, close };
  }

  test.each(['GET', 'HEAD'])('an answer to %s is told once, as not aborted', async (method) => {
    const { ends, client, close } = await start((_request, response) => response.end('answered'));
    await once(client.request({ ':path': '/', ':method': method }).resume(), 'close');
    await close();
    expect(await settled(ends)).toEqual([['/', false]]);
  });

  const streamOf = (response: ServerResponse) => (response as unknown as http2.Http2ServerResponse).stream;

  test.each<[string, Handle]>([
    ['a text', (_request, response) => streamOf(response).respond() ?? streamOf(response).end('answered')],
    ['a file', (_request, response) => streamOf(response).respondWithFile(__filename)],
  ])('%s that the app sends through the stream of a response is told once, as not aborted', async (_what, handle) => {
    const { ends, client, close } = await start(handle);
    await once(client.request({ ':path': '/' }).resume(), 'close');
    await close();
    expect(await settled(ends)).toEqual([['/', false]]);
  });

  test.each<[string, Handle]>([
    ['in the midst of it', (_request, response) => response.write('a')],
    ['before all of it is sent', (_request, response) => response.end(LARGE)],
    ['in the midst of its stream', (_request, response) => streamOf(response).write('a')],
    ['before all of its stream is sent', (_request, response) => streamOf(response).end(LARGE)],
  ])('a request that is cancelled %s is aborted', async (_when, handle) => {
    const { ends, client, close } = await start(handle);
    const request = client.request({ ':path': '/' });
    await once(request, 'response');
    request.close(http2.constants.NGHTTP2_CANCEL);
    expect(await settled(ends)).toEqual([['/', true]]);
    await close();
  });

  test('requests of a connection that breaks are aborted', async () => {
    const { ends, client, close } = await start((_request, response) => response.write('a'));
    const requests = ['/1', '/2'].map((path) => client.request({ ':path': path }).on('error', () => {}));
    await Promise.all(requests.map((request) => once(request, 'response')));
    await close();
    expect((await settled(ends, 2)).sort()).toEqual([
      ['/1', true],
      ['/2', true],
    ]);
  });
});
