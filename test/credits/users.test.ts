import { CHAT, postInit } from '../support/calls.js';
import { countOf, many } from '../support/lists.js';
import { KEY, useWatchedEden } from '../support/watched-eden.js';
import { APPS, type RunningApp } from './apps.js';

const start = useWatchedEden();

const USERS = 50;
const OPEN_MS = 5_000;

/** A machine with much else to do takes a while for so many requests. */
jest.setTimeout(60_000);

let app: RunningApp | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

/** An app in one of the frameworks, and fifty users who all ask at the same time. */
async function fiftyUsers(framework: string) {
  let base = '';
  const asked = async (body: object) => {
    const init = postInit(body, { reply: { costUsd: 0.01 }, headers: { authorization: `Bearer ${KEY}` } });
    return fetch(`${base}/chat/completions`, init);
  };
  const asks = {
    chat: async () => (await asked(CHAT)).text(),
    async *stream() {
      const response = await asked({ ...CHAT, stream: true });
      for await (const chunk of response.body ?? []) yield Buffer.from(chunk).toString();
    },
  };
  const watched = await start({ balanceUsd: 0.3 }, { logger: false }, async (options) => {
    app = await APPS[framework]?.(asks, options);
    return (app as RunningApp).meter;
  });
  base = watched.eden.baseUrl;
  const user = async (path: string) => {
    const response = await fetch(`${app?.url}${path}`);
    const body = await response.text();
    return response.status === 200 && path === '/stream' && !body.includes('[DONE]') ? 'broken' : response.status;
  };
  return {
    ...watched,
    round: (path: string) => Promise.all(many(USERS, () => user(path))),
    chats: () => watched.eden.books().requestsByPath['/v3/chat/completions'] ?? 0,
  };
}

const ALL_REFUSED = many(USERS, () => 503);
const ALL_ANSWERED = many(USERS, () => 200);

describe.each(Object.keys(APPS))('fifty users of an app in %s', (framework) => {
  it('see nothing but the configured status while the balance is empty, also of streams; then service resumes by itself', async () => {
    const { eden, states, clock, round, chats, nextRead } = await fiftyUsers(framework);
    let refused = 0;
    while (refused === 0) {
      const statuses = await round('/ask');
      refused = countOf(statuses, 503);
      expect(countOf(statuses, 200)).toBe(USERS - refused);
    }
    expect(states).toEqual(['exhausted']);

    const before = chats();
    expect(await round('/stream')).toEqual(ALL_REFUSED);
    expect(await round('/ask')).toEqual(ALL_REFUSED);
    expect(chats()).toBe(before);
    clock.advance(OPEN_MS);
    expect(await round('/ask')).toEqual(ALL_REFUSED);
    expect(chats()).toBe(before + 1);
    expect(await round('/stream')).toEqual(ALL_REFUSED);

    eden.topUp(5);
    clock.advance(OPEN_MS);
    const tries = await round('/stream');
    expect([countOf(tries, 200) > 0, countOf(tries, 'broken')]).toEqual([true, 0]);
    expect(await round('/stream')).toEqual(ALL_ANSWERED);
    expect(await round('/ask')).toEqual(ALL_ANSWERED);
    await nextRead();
    expect(states).toEqual(['exhausted', 'refilled']);
  });
});
