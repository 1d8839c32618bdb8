import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { createApp } from './app.js';

const { EDENAI_API_KEY, EDENAI_BASE_URL, PORT = '3000', REDIS_URL = 'redis://localhost:6379' } = process.env;
if (!EDENAI_API_KEY) throw new Error('Set EDENAI_API_KEY, or start a stand-in and set EDENAI_BASE_URL to it as well');

const redis = new Redis(REDIS_URL);
redis.on('error', (error) => console.error(JSON.stringify({ msg: 'redis', error: error.message })));
const { app, meter } = createApp({
  apiKey: EDENAI_API_KEY,
  redis,
  ...(EDENAI_BASE_URL && { baseUrl: EDENAI_BASE_URL }),
});
const server = app.listen(Number(PORT), () => {
  console.log(JSON.stringify({ msg: 'listening', port: (server.address() as AddressInfo).port }));
});

process.once('SIGTERM', () => {
  server.close(async () => {
    await meter.close(); // calls in flight are settled before the process ends
    redis.disconnect(); // yours to close: the ledger never does; quit() would wait for a server that is down
  });
});
