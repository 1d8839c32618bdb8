// Who watches the calls of a client process. Each is set up before node:http is loaded: OpenTelemetry patches it while it is.
import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

const BUDGETS = [{ name: 'day', limitUsd: 1e6, window: 'day', by: 'tenant', estimateUsd: 0.001 }];
const NOBODY = 'http://127.0.0.1:9';

/** @returns for each mode: `run`, which does work inside what the mode needs, and `seen`, the calls that it has watched. */
export const MODES = {
  bare,
  /** The same once more: what it seems to add is noise. */
  control: bare,
  eden: (url) => eden(url),
  /** A meter of calls to another host than the one that is called. */
  elsewhere: () => eden(NOBODY),
  otel,
  msw,
  clone,
  als,
  least,
};

async function bare() {
  return { run: (work) => work(), seen: () => 0 };
}

/** Bare, in a context that holds nothing: what any context costs on this Node. On Node 20 that is a hook for every promise. */
async function als() {
  const storage = new AsyncLocalStorage();
  return { run: (work) => storage.run({}, work), seen: () => 0 };
}

/** What any meter has to do at the least. */
async function least(baseUrl) {
  const { leastMeter } = await import('./least.mjs');
  return leastMeter(baseUrl);
}

async function eden(baseUrl) {
  const { createMeter } = await import('@eden-cost/core');
  const meter = createMeter({ baseUrls: [baseUrl], rateCard: false, budgets: BUDGETS });
  let seen = 0;
  meter.on('charge', ({ basis }) => {
    if (basis === 'reported') seen += 1;
  });
  return { run: (work) => meter.run({ labels: { tenant: 'acme' } }, work), seen: () => seen };
}

/** As in production: spans are made, batched, and handed to an exporter, which here has nowhere to send them. */
async function otel() {
  const { NodeTracerProvider, BatchSpanProcessor } = require('@opentelemetry/sdk-trace-node');
  const { registerInstrumentations } = require('@opentelemetry/instrumentation');
  const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
  const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici');
  let seen = 0;
  const exporter = {
    export(spans, done) {
      seen += spans.length;
      done({ code: 0 });
    },
    shutdown: async () => {},
  };
  const queue = { maxQueueSize: 100_000 };
  const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter, queue)] });
  provider.register();
  registerInstrumentations({ instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()] });
  return {
    run: (work) => work(),
    seen: async () => {
      await provider.forceFlush();
      return seen;
    },
  };
}

/** Reads the cost from the copy of the answer that the interceptors hand to their listeners. */
async function msw() {
  const { BatchInterceptor } = require('@mswjs/interceptors');
  const { ClientRequestInterceptor } = require('@mswjs/interceptors/ClientRequest');
  const { FetchInterceptor } = require('@mswjs/interceptors/fetch');
  const interceptors = [new ClientRequestInterceptor(), new FetchInterceptor()];
  const interceptor = new BatchInterceptor({ name: 'bench', interceptors });
  interceptor.apply();
  let seen = 0;
  interceptor.on('response', ({ response }) => {
    response.json().then(({ cost }) => {
      if (cost > 0) seen += 1;
    });
  });
  return { run: (work) => work(), seen: () => seen };
}

/** What a wrapper of fetch does: the answer goes two ways, and one of them is read for its cost. */
async function clone() {
  const original = globalThis.fetch;
  let seen = 0;
  globalThis.fetch = async (...args) => {
    const response = await original(...args);
    response
      .clone()
      .text()
      .then(() => {
        seen += 1;
      });
    return response;
  };
  return { run: (work) => work(), seen: () => seen };
}
