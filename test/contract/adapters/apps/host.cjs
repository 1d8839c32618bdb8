const { createServer } = require('node:http');
const handlers = require('./handlers.cjs');
const openai = require('./client.cjs');

const { EDEN_URL: edenUrl } = process.env;

/** What the routes name. */
const NAMED = [
  { name: 'named', limitUsd: 0.01, window: 'day', routes: 'named' },
  { name: 'also-named', limitUsd: 1, window: 'day', routes: 'named' },
];

/** A ledger that cannot be reached. */
const brokenLedger = () => {
  const fail = async () => {
    throw new Error('connect ECONNREFUSED');
  };
  const methods = ['reserve', 'settle', 'release', 'extend', 'balances', 'topUp'];
  return { name: 'broken', shared: true, durable: true, ...Object.fromEntries(methods.map((name) => [name, fail])) };
};

/**
 * Serves the contract's app with one harness, as often as the parent process asks: with the options that it sends.
 *
 * @param harness `({ options, routes, heard, listen }) => { url, meter, close }`
 */
module.exports.host = (harness) => {
  let app;
  let pristine;
  const heard = (error) => {
    const { name, code, status, reason, cause } = error;
    process.send({ error: { name, code, status, reason, cause: cause?.constructor.name, causeStatus: cause?.status } });
  };
  const commands = {
    async start({ isLedgerBroken, budgets = [], ...options }) {
      pristine = globalThis.fetch;
      app = await harness({
        heard,
        listen,
        routes: handlers({ edenUrl, openai, meter: () => app.meter }),
        options: {
          baseUrls: [edenUrl],
          rateCard: false,
          budgets: [...NAMED, ...budgets],
          logger: (line) => process.send({ line }),
          ...(isLedgerBroken && { ledger: brokenLedger() }),
          ...options,
        },
      });
      return { url: app.url };
    },
    /** What was sent before its answer has come before it. */
    async settle() {},
    async stop() {
      await app.close();
      await app.meter.close({ timeoutMs: 1_000 });
      return { isFetchRestored: globalThis.fetch === pristine };
    },
  };
  process.on('message', async ({ id, command, argument }) => {
    try {
      process.send({ id, result: await commands[command](argument) });
    } catch (error) {
      process.send({ id, failure: String(error?.stack ?? error) });
    }
  });
  process.send({ ready: true });
};

/** Serves a listener on a port of its own. */
async function listen(listener) {
  const server = createServer(listener);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
