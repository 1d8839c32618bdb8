import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { deserialize, serialize } from 'node:v8';
import type { Ledger } from '@eden-cost/core';

type Question = (...args: unknown[]) => unknown;
type Method = 'start' | 'reserve' | 'settle' | 'release' | 'extend' | 'balances' | 'topUp' | 'restore';
type Answer = { readonly result: unknown } | { readonly failure: { readonly code?: string; readonly message: string } };

const METHODS: readonly Method[] = ['reserve', 'settle', 'release', 'extend', 'balances', 'topUp'];

export interface LentLedger {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Lends a ledger of this process to others.
 *
 * @param before runs before each question is put to the ledger: waits, throws what the ledger is to answer, or returns
 * `'cut'` for a connection that breaks
 */
export async function lendLedger(
  ledger: Ledger,
  before: (method: Method) => Promise<'cut' | undefined> = async () => undefined,
): Promise<LentLedger> {
  const answerTo = async (method: Method, args: unknown[]): Promise<Answer | 'cut'> => {
    try {
      if ((await before(method)) === 'cut') return 'cut';
      return { result: await (ledger[method] as Question)(...args) };
    } catch (error) {
      const { code, message } = error as Error & { code?: string };
      return { failure: { ...(code !== undefined && { code }), message } };
    }
  };
  const server = createServer(async (request, response) => {
    const [method, args] = deserialize(await buffer(request)) as [Method, unknown[]];
    const answer = await answerTo(method, args);
    if (answer === 'cut') request.socket.destroy();
    else response.end(serialize(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The ledger that another process lends. */
export function ledgerAt(url: string, more: Partial<Ledger> & { readonly methods?: readonly Method[] } = {}): Ledger {
  const { methods = METHODS, ...facts } = more;
  const ask =
    (method: Method): Question =>
    async (...args) => {
      const response = await fetch(url, { method: 'POST', body: serialize([method, args]) });
      const answer = deserialize(Buffer.from(await response.arrayBuffer())) as Answer;
      if ('result' in answer) return answer.result;
      throw Object.assign(new Error(answer.failure.message), { code: answer.failure.code });
    };
  const questions = Object.fromEntries(methods.map((method) => [method, ask(method)]));
  return { name: 'over HTTP', shared: true, durable: false, ...facts, ...questions } as Ledger;
}
