import { once } from 'node:events';
import { connect } from 'node:net';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import type { CostLine } from '../support/cost-aware.js';
import { turnsUntil } from '../support/turns.js';

/** An app whose `/ask` makes a call, and whose `/stream` passes one on as it comes, on a budget of one of them. */
export interface LeftApp {
  readonly url: string;
  readonly eden: {
    readonly baseUrl: string;
    received(count: number): Promise<unknown>;
    script(reply: object): unknown;
  };
  readonly costLines: () => CostLine[];
}

const COST_USD = 0.25;
export const BUDGETS = [{ name: 'all', limitUsd: COST_USD, window: 'day' } as const];
const TOLD = { costNanos: COST_USD * 1e9, calls: 1, aborted: true };

export const chat = async (baseUrl: string) => readAnswer(await fetch(`${baseUrl}/chat/completions`, postInit(CHAT)));

export const openStream = async (baseUrl: string): Promise<ReadableStream> =>
  (await fetch(`${baseUrl}/chat/completions`, postInit({ ...CHAT, stream: true }))).body as ReadableStream;

/** Leaves while the call is in flight: its cost lands all the same, and is told as late. */
export async function leaveDuringCall({ url, eden, costLines }: LeftApp): Promise<void> {
  let open = () => {};
  const hold = new Promise<void>((resolve) => {
    open = resolve;
  });
  eden.script({ costUsd: COST_USD, hold });
  const client = new AbortController();
  const left = fetch(`${url}/ask`, { signal: client.signal }).catch(({ name }) => name);
  await eden.received(1);
  client.abort();
  expect(await left).toBe('AbortError');
  await fetch(`${url}/gone`); // answered once the app knows that the client is gone
  open();
  await turnsUntil(() => costLines().length > 0);
  expect(costLines()).toMatchObject([{ req: { method: 'GET' }, edenai: { ...TOLD, late: true } }]);
  expect((await fetch(`${url}/ask`)).status).toBe(402);
}

/** Leaves in the midst of a stream that the app passes on. */
export async function leaveDuringStream({ url, eden, costLines }: LeftApp): Promise<void> {
  let open = () => {};
  const hold = new Promise<void>((resolve) => {
    open = resolve;
  });
  eden.script({ costUsd: COST_USD, chunks: 8, holdAfterEvents: 3, hold });
  const client = new AbortController();
  const response = await fetch(`${url}/stream`, { signal: client.signal });
  await response.body?.getReader().read();
  client.abort();
  await turnsUntil(() => costLines().length > 0);
  open();
  expect(costLines()).toMatchObject([{ edenai: { calls: 1, aborted: true } }]);
  expect(costLines()[0]?.edenai.costNanos).toBeGreaterThan(0);
}

/** Sends two requests at once, and leaves before the second one's answer, which waits for the first one's, is sent. */
export async function leaveBehindAnother({ url, eden, costLines }: LeftApp): Promise<void> {
  let open = () => {};
  const hold = new Promise<void>((resolve) => {
    open = resolve;
  });
  eden.script({ costUsd: 0, hold });
  eden.script({ costUsd: COST_USD });
  const { hostname, port } = new URL(url);
  const client = connect(Number(port), hostname);
  await once(client, 'connect');
  const request = `GET /ask HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`;
  client.write(request);
  await eden.received(1);
  client.write(request);
  await eden.received(2);
  client.destroy();
  await turnsUntil(() => costLines().some(({ edenai }) => edenai.costNanos === COST_USD * 1e9));
  open();
  expect(costLines().filter(({ edenai }) => edenai.costNanos !== 0)).toMatchObject([{ edenai: TOLD }]);
}
