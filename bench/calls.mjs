// Rows 1 and 8: CPU that the meter adds to a JSON call, over fetch and node:http, and to calls elsewhere.
import http from 'node:http';
import { createMeter } from '@eden-cost/core';
import { startServer } from './children.mjs';
import { interleaved, row } from './measure.mjs';

const CALLS = 400;
const BODY = JSON.stringify({ model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'x'.repeat(200) }] });

const viaFetch = (url) => async () => {
  for (let i = 0; i < CALLS; i++) {
    const options = { method: 'POST', headers: { 'content-type': 'application/json' }, body: BODY };
    await (await fetch(`${url}/v3/chat/completions`, options)).json();
  }
  return CALLS;
};

const agent = new http.Agent({ keepAlive: true });
const viaHttp = (url) => async () => {
  for (let i = 0; i < CALLS; i++) {
    await new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(BODY) };
      const request = http.request(`${url}/v3/chat/completions`, { method: 'POST', agent, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve(JSON.parse(text)));
      });
      request.on('error', reject);
      request.end(BODY);
    });
  }
  return CALLS;
};

const metered = (baseUrl, run) => async () => {
  const meter = createMeter({ baseUrls: [baseUrl], rateCard: false, budgets: BUDGETS });
  try {
    return await meter.run({ labels: { tenant: 'acme' } }, run);
  } finally {
    await meter.close();
  }
};
const BUDGETS = [{ name: 'day', limitUsd: 1e6, window: 'day', by: 'tenant', estimateUsd: 0.001 }];

export async function callRows() {
  const { child, url } = await startServer('./server.mjs');
  try {
    const elsewhere = 'http://127.0.0.1:9';
    const times = await interleaved(
      {
        fetchBare: viaFetch(url),
        fetchMetered: metered(url, viaFetch(url)),
        fetchElsewhere: metered(elsewhere, viaFetch(url)),
        httpBare: viaHttp(url),
        httpMetered: metered(url, viaHttp(url)),
        httpElsewhere: metered(elsewhere, viaHttp(url)),
      },
      15,
    );
    const added = (name, base) => (times[name] - times[base]) / times[base];
    const rows = [
      ['1 fetch: CPU added to a metered JSON call, share of the bare call', 'fetchMetered', 'fetchBare'],
      ['1 http: CPU added to a metered JSON call, share of the bare call', 'httpMetered', 'httpBare'],
      ['8 fetch: CPU added to a call to another host', 'fetchElsewhere', 'fetchBare', 0.1],
      ['8 http: CPU added to a call to another host', 'httpElsewhere', 'httpBare', 0.1],
    ];
    return rows.map(([what, name, base, bound]) => {
      const share = added(name, base);
      return row(`${what} (${Math.round(times[base])} us)`, share, bound && `<= ${bound}`, share <= bound);
    });
  } finally {
    agent.destroy();
    child.kill();
  }
}
