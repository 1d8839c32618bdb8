import { createApp } from './app.js';

const { EDENAI_API_KEY, EDENAI_BASE_URL, PORT = '3000' } = process.env;
if (!EDENAI_API_KEY) throw new Error('Set EDENAI_API_KEY, or start a stand-in and set EDENAI_BASE_URL to it as well');

const { app, meter } = createApp({ apiKey: EDENAI_API_KEY, ...(EDENAI_BASE_URL && { baseUrl: EDENAI_BASE_URL }) });
const server = app.listen(Number(PORT));

process.once('SIGTERM', () => {
  server.close(() => meter.close()); // calls in flight are settled before the process ends
});
