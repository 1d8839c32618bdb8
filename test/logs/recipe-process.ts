import { pathToFileURL } from 'node:url';
import { costAware } from '@eden-cost/express';
import { trace } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import express from 'express';

/** An Express app with the defaults of `costAware`, and a recipe of the docs in it. Prints its URL, as JSON. */
const [edenUrl = '', recipe = ''] = process.argv.slice(2);

const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));

const handler = costAware({
  baseUrls: [edenUrl],
  rateCard: false,
  labels: (req) => ({ user: String(req.query.user) }),
  budgets: [{ name: 'users', limitUsd: 0.05, window: 'total', by: 'user' }],
});
const app = express().set('env', 'test').use(handler);

async function chat(model: unknown = 'openai/gpt-4o'): Promise<void> {
  const response = await fetch(`${edenUrl}/v3/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }),
  });
  await response.arrayBuffer();
}

app.get('/ask', async (req, res) => {
  await chat(req.query.model);
  res.send('answered');
});
app.get('/late', (_req, res) => {
  void chat();
  res.send('answered');
});
app.get('/spans', (_req, res) => {
  res.json(exporter.getFinishedSpans().map(({ name, kind, attributes }) => ({ name, kind, attributes })));
});

const listen = app.listen.bind(app);
app.listen = () => {
  const server = listen(0, '127.0.0.1', () => {
    const address = server.address();
    console.log(JSON.stringify({ port: typeof address === 'object' ? address?.port : address }));
  });
  return server;
};
Object.assign(globalThis, { app, meter: handler.meter });
await import(pathToFileURL(recipe).href);
