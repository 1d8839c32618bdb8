// Row 2: requests a second of an app that makes one call a request, beside the bare app and the same app through a gateway.
// The upstream answers at once, which is the worst case: the slower it is, the less of a request is the meter's.
import { once } from 'node:events';
import { startChild, startServer } from './children.mjs';
import { row } from './report.mjs';
import { median } from './statistics.mjs';

const ROUNDS = 5;
const ROUND_MS = 450;
/** An app gets four times as fast in its first thousands of requests, while they are compiled. */
const WARM_UP_MS = 3_500;
const CONNECTIONS = 32;
const FRAMEWORKS = { express: 'Express 5', koa: 'Koa 3', nest: 'Nest 12' };

export async function throughputRows() {
  const children = [];
  const started = async (starting) => {
    const it = await starting;
    children.push(it.child);
    return it;
  };
  try {
    const upstream = await started(startServer('./server.mjs'));
    const gateway = await started(startServer('./gateway.mjs'));
    const load = await started(startChild('./load.mjs'));
    const rows = [];
    for (const [framework, title] of Object.entries(FRAMEWORKS)) {
      const app = (...args) => started(startServer('./app.mjs', [framework, ...args]));
      const apps = {
        bare: await app('bare', `${upstream.url}/v3`),
        metered: await app('metered', `${upstream.url}/v3`),
        gateway: await app(
          'bare',
          `${gateway.url}/v1`,
          'x-portkey-provider=openai',
          `x-portkey-custom-host=${upstream.url}/v3`,
        ),
      };
      rows.push(...rowsOf(title, await inTurns(apps, load.child)));
      for (const { child } of Object.values(apps)) child.kill();
    }
    return rows;
  } finally {
    for (const child of children) child.kill();
  }
}

/** Round by round, every other one the other way round: requests a second of each app, and CPU of its process for one. */
async function inTurns(apps, load) {
  const seen = Object.fromEntries(Object.keys(apps).map((name) => [name, { perSecond: [], cpu: [] }]));
  const runFor = (ms, url) => ask(load, { url: `${url}/ask`, connections: CONNECTIONS, ms });
  for (const { url } of Object.values(apps)) await runFor(WARM_UP_MS, url);
  for (let round = 0; round < ROUNDS; round++) {
    const turns = Object.entries(apps);
    for (const [name, { url, child }] of round % 2 === 0 ? turns : turns.reverse()) {
      const before = await ask(child, 'cpu');
      const { answered, failed, ms } = await runFor(ROUND_MS, url);
      const after = await ask(child, 'cpu');
      if (failed > 0) throw new Error(`${name}: ${failed} requests failed`);
      seen[name].perSecond.push((answered / ms) * 1000);
      seen[name].cpu.push((after.user + after.system - before.user - before.system) / answered);
    }
  }
  return seen;
}

async function ask(child, message) {
  child.send(message);
  const [answer] = await once(child, 'message');
  return answer;
}

function rowsOf(title, seen) {
  const times = (what, name, base) => median(seen[name][what].map((value, round) => value / seen[base][what][round]));
  const ofBare = times('perSecond', 'metered', 'bare');
  const ofGateway = times('perSecond', 'metered', 'gateway');
  const bare = `${Math.round(median(seen.bare.perSecond))}/s`;
  const cpu = `${Math.round(median(seen.bare.cpu))} us`;
  return [
    row(`2 ${title}: requests/s, metered vs bare (${bare}), upstream at once`, ofBare, '>= 0.95', ofBare >= 0.95),
    row(`2 ${title}: requests/s, metered vs through a gateway`, ofGateway, '>= 2', ofGateway >= 2),
    row(`2 ${title}: requests/s, through a gateway vs bare`, times('perSecond', 'gateway', 'bare')),
    row(`2 ${title}: CPU of the app a request, metered vs bare (${cpu})`, times('cpu', 'metered', 'bare')),
  ];
}
