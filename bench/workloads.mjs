// What a client process does, so many times, to the server at a URL.
import { createRequire } from 'node:module';
import { median } from './statistics.mjs';

const http = createRequire(import.meta.url)('node:http');

const HEADERS = { 'content-type': 'application/json', authorization: 'Bearer bench' };
const MESSAGES = [{ role: 'user', content: 'x'.repeat(200) }];
const CHAT = JSON.stringify({ model: 'openai/gpt-4o', messages: MESSAGES });
const STREAM = JSON.stringify({ model: 'openai/gpt-4o', messages: MESSAGES, stream: true });
const SLOW_STREAM = JSON.stringify({ model: 'openai/gpt-4o', messages: MESSAGES, stream: true, user: 'slow' });
const EMBEDDINGS = JSON.stringify({ model: 'openai/text-embedding-3-large', input: ['x'.repeat(200)] });

/** @returns the medians of what `one` finds */
async function times(units, concurrency, one) {
  const found = [];
  let left = units;
  const next = async () => {
    while (left-- > 0) found.push((await one()) ?? {});
  };
  await Promise.all(Array.from({ length: concurrency }, next));
  return Object.fromEntries(Object.keys(found[0]).map((name) => [name, median(found.map((each) => each[name]))]));
}

const byFetch = () => (url, body) => fetch(url, { method: 'POST', headers: HEADERS, body });

/** Over connections that are kept. */
function byHttp() {
  const agent = new http.Agent({ keepAlive: true });
  return (url, body) =>
    new Promise((resolve, reject) => {
      const headers = { ...HEADERS, 'content-length': Buffer.byteLength(body) };
      http.request(url, { method: 'POST', agent, headers }, resolve).on('error', reject).end(body);
    });
}

async function textOf(message) {
  let text = '';
  for await (const chunk of message.setEncoding('utf8')) text += chunk;
  return text;
}

/** Reads a body to its end, and tells how long its first chunk took, in microseconds. */
async function readThrough(answering) {
  const startedAt = performance.now();
  const answer = await answering;
  let firstChunk;
  for await (const _ of answer.body ?? answer) firstChunk ??= (performance.now() - startedAt) * 1000;
  return { firstChunk };
}

/** Reads a slow stream to its end, and tells how long its chunks were on their way, in microseconds. */
async function readSlowly(answering) {
  const answer = await answering;
  const late = [];
  for await (const bytes of answer.body ?? answer) {
    const now = process.hrtime.bigint();
    const writtenAt = /^: (\d+)\n/.exec(Buffer.from(bytes).toString('latin1'))?.[1];
    if (writtenAt !== undefined) late.push(Number(now - BigInt(writtenAt)) / 1000);
  }
  return { chunk: median(late) };
}

/** What `unread-server.mjs` says about the connection of a body that nobody reads, before and after it is given up. */
async function leaveUnread(url, post, giveUp) {
  const ask = (path) => new Promise((resolve) => http.get(`${url}${path}`, resolve)).then(textOf).then(JSON.parse);
  const answer = await post(`${url}/v3/chat/completions`, CHAT);
  const { sent } = await ask('/stalled');
  await giveUp(answer);
  return { sent, ...(await ask('/closed')) };
}

const chat = (post, read) => (url, units) =>
  times(units, 4, async () => {
    await read(await post(`${url}/v3/chat/completions`, CHAT));
  });
const stream = (post) => (url, units) => times(units, 1, () => readThrough(post(`${url}/v3/chat/completions`, STREAM)));
const slowStream = (post) => (url, units) =>
  times(units, 1, () => readSlowly(post(`${url}/v3/chat/completions`, SLOW_STREAM)));
const embeddings = (post) => (url, units) =>
  times(units, 1, () => readThrough(post(`${url}/v3/embeddings`, EMBEDDINGS)));
const unread = (post, giveUp) => (url, units) => times(units, 1, () => leaveUnread(url, post, giveUp));

export const WORKLOADS = {
  'chat over fetch': chat(byFetch(), (answer) => answer.json()),
  'chat over http': chat(byHttp(), async (answer) => JSON.parse(await textOf(answer))),
  'stream over fetch': stream(byFetch()),
  'stream over http': stream(byHttp()),
  'slow stream over fetch': slowStream(byFetch()),
  'slow stream over http': slowStream(byHttp()),
  'embeddings over fetch': embeddings(byFetch()),
  'embeddings over http': embeddings(byHttp()),
  'unread over fetch': unread(byFetch(), (answer) => answer.body.cancel()),
  'unread over http': unread(byHttp(), (answer) => answer.destroy()),
};
