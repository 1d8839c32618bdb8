import { LedgerServer } from '../support/ledger-server.js';

/** A ledger in a process of its own, which can be stopped. Says its URL, and a balance for each key that it is sent. */
async function main(): Promise<void> {
  const server = await LedgerServer.start(Number(process.argv[2]));
  process.on('message', (key: string) => process.send?.(server.balance(key)));
  process.on('disconnect', () => process.exit());
  process.send?.(server.url);
}

main();
