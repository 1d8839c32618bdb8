import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { deserialize, serialize } from 'node:v8';
import type { Ledger } from '@eden-cost/core';

type Question = (...args: unknown[]) => unknown;

/** Lends a ledger of this process to others. */
export async function lendLedger(ledger: Ledger): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    const [method, args] = deserialize(await buffer(request)) as [keyof Ledger, unknown[]];
    response.end(serialize(await (ledger[method] as Question)(...args)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** The ledger that another process lends. */
export function ledgerAt(url: string): Ledger {
  const ask =
    (method: keyof Ledger): Question =>
    async (...args) => {
      const response = await fetch(url, { method: 'POST', body: serialize([method, args]) });
      return deserialize(Buffer.from(await response.arrayBuffer())) as unknown;
    };
  const methods = (['reserve', 'settle', 'release', 'extend', 'balances', 'topUp'] as const).map((method) => [
    method,
    ask(method),
  ]);
  return { name: 'over HTTP', shared: true, durable: false, ...Object.fromEntries(methods) } as Ledger;
}
