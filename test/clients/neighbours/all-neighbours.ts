import { createRequire } from 'node:module';
import type { Neighbour, NeighbourName } from './neighbour.js';
import { tracer } from './tracer.js';

type Nock = typeof import('nock');

/** They are loaded when they are installed: before the meter's package, or after it. */
export const neighbours = (url: string): Readonly<Record<NeighbourName, () => Promise<Neighbour>>> => ({
  OpenTelemetry: openTelemetry,
  "Sentry's SDK": sentry,
  'a tracer that wraps functions': async () => tracer(),
  'nock 14': async () => nocked((await import('nock')).default, url),
  'nock 15': async () => nocked((await import('nock15')).default as unknown as Nock, url),
});

async function openTelemetry(): Promise<Neighbour> {
  const { registerInstrumentations } = await import('@opentelemetry/instrumentation');
  const { HttpInstrumentation } = await import('@opentelemetry/instrumentation-http');
  const { UndiciInstrumentation } = await import('@opentelemetry/instrumentation-undici');
  const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = await import(
    '@opentelemetry/sdk-trace-base'
  );
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  let stop = () => {};
  return {
    install() {
      stop = registerInstrumentations({
        tracerProvider,
        instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()],
      });
      createRequire(import.meta.url)('node:http'); // it is patched when it is next required
    },
    seen: () => exporter.getFinishedSpans().filter(({ kind }) => kind === CLIENT).length,
    uninstall: () => stop(),
  };
}

/** `SpanKind.CLIENT` */
const CLIENT = 2;

async function sentry(): Promise<Neighbour> {
  const Sentry = await import('@sentry/node');
  let seen = 0;
  return {
    install() {
      Sentry.init({
        dsn: 'http://public@127.0.0.1:1/1',
        tracesSampleRate: 1,
        transport: () => ({ send: async () => ({}), flush: async () => true }),
      });
      Sentry.getClient()?.on('spanEnd', (span) => {
        if (Sentry.spanToJSON(span).attributes['sentry.op'] === 'http.client') seen += 1;
      });
    },
    around: (work) => Sentry.startSpan({ name: 'a request', op: 'http.server' }, work),
    seen: () => seen,
    uninstall: () => void Sentry.close(0),
  };
}

/** It mocks one path; all others go through. */
function nocked(nock: Nock, url: string): Neighbour {
  let mocked = 0;
  return {
    install() {
      if (!nock.isActive()) nock.activate();
      nock.enableNetConnect();
      nock(url, { allowUnmocked: true })
        .persist()
        .post('/v3/mocked')
        .reply(200, () => {
          mocked += 1;
          return { cost: 0.09 };
        });
    },
    seen: () => mocked,
    uninstall() {
      nock.cleanAll();
      nock.restore();
    },
  };
}
