// Row 2: requests a second of an app that makes one call a request, beside the bare app and the same app through a gateway.
// An upstream that answers at once is the worst case: the app does nothing but work, and all that the meter adds is lost
// throughput. Then the upstream takes a time that a fast model would take, and the bare app is busy, but not all of the time.
import { once } from 'node:events';
import { startChild, startServer } from './children.mjs';
import { UNTIL_COMPILED } from './measure.mjs';
import { row } from './report.mjs';
import { median } from './statistics.mjs';

const ROUNDS = 5;
/** An app gets four times as fast while it is compiled; one with a meter has more to compile. */
const WARM_UP = { requests: UNTIL_COMPILED, mostMs: 40_000, roundMs: 1_000 };
const CONNECTIONS = 32;
/** 32 connections and 50 ms are at most 640 requests a second. After the same time each, they would go in step, and wait for each other. */
const AT_ONCE = { delayMs: 0, roundMs: 400 };
const AFTER_A_WHILE = { delayMs: 50, roundMs: 600 };
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
        als: await app('als', `${upstream.url}/v3`),
        line: await app('line', `${upstream.url}/v3`),
        gateway: await app(
          'bare',
          `${gateway.url}/v1`,
          'x-portkey-provider=openai',
          `x-portkey-custom-host=${upstream.url}/v3`,
        ),
      };
      const { bare, metered } = apps;
      await ask(upstream.child, { delayMs: AT_ONCE.delayMs });
      for (const { url } of Object.values(apps)) await warmUp(load.child, url);
      rows.push(...rowsAtOnce(title, await inTurns(apps, load.child, AT_ONCE)));
      await ask(upstream.child, { delayMs: AFTER_A_WHILE.delayMs });
      rows.push(...rowsAfterAWhile(title, await inTurns({ bare, metered }, load.child, AFTER_A_WHILE)));
      for (const { child } of Object.values(apps)) child.kill();
    }
    return rows;
  } finally {
    for (const child of children) child.kill();
  }
}

/**
 * Round by round, every other one the other way round: requests a second of each app, CPU of its process for one, and the
 * share of the time that its process was at work.
 */
async function inTurns(apps, load, { roundMs }) {
  const seen = Object.fromEntries(Object.keys(apps).map((name) => [name, { perSecond: [], cpu: [], busy: [] }]));
  for (let round = 0; round < ROUNDS; round++) {
    const turns = Object.entries(apps);
    for (const [name, { url, child }] of round % 2 === 0 ? turns : turns.reverse()) {
      const before = await ask(child, 'cpu');
      const { answered, ms } = await runFor(load, url, roundMs);
      const after = await ask(child, 'cpu');
      const cpu = after.user + after.system - before.user - before.system;
      seen[name].perSecond.push((answered / ms) * 1000);
      seen[name].cpu.push(cpu / answered);
      seen[name].busy.push(cpu / 1000 / ms);
    }
  }
  return seen;
}

async function warmUp(load, url) {
  const { requests, mostMs, roundMs } = WARM_UP;
  let left = requests;
  for (let ms = 0; left > 0 && ms < mostMs; ms += roundMs) left -= (await runFor(load, url, roundMs)).answered;
}

async function runFor(load, url, ms) {
  const { failed, ...ran } = await ask(load, { url: `${url}/ask`, connections: CONNECTIONS, ms });
  if (failed > 0) throw new Error(`${failed} requests to ${url} failed`);
  return ran;
}

async function ask(child, message) {
  child.send(message);
  const [answer] = await once(child, 'message');
  return answer;
}

/** The median over rounds of what one app has, by what the other one has in the same round. */
const times = (seen, what, name, base) =>
  median(seen[name][what].map((value, round) => value / seen[base][what][round]));

function rowsAtOnce(title, seen) {
  const ofBare = times(seen, 'perSecond', 'metered', 'bare');
  const ofGateway = times(seen, 'perSecond', 'metered', 'gateway');
  const bare = `${Math.round(median(seen.bare.perSecond))}/s`;
  const cpu = `${Math.round(median(seen.bare.cpu))} us`;
  return [
    row(`2 ${title}: requests/s, metered vs bare (${bare}), upstream at once`, ofBare, '>= 0.95', ofBare >= 0.95),
    row(`2 ${title}: requests/s, metered vs through a gateway`, ofGateway, '>= 2', ofGateway >= 2),
    row(`2 ${title}: requests/s, through a gateway vs bare`, times(seen, 'perSecond', 'gateway', 'bare')),
    row(`2 ${title}: requests/s, an empty AsyncLocalStorage vs bare`, times(seen, 'perSecond', 'als', 'bare')),
    row(`2 ${title}: requests/s, that and a line of each request vs bare`, times(seen, 'perSecond', 'line', 'bare')),
    row(`2 ${title}: CPU of the app a request, metered vs bare (${cpu})`, times(seen, 'cpu', 'metered', 'bare')),
  ];
}

function rowsAfterAWhile(title, seen) {
  const ofBare = times(seen, 'perSecond', 'metered', 'bare');
  const bare = `${Math.round(median(seen.bare.perSecond))}/s, busy ${Math.round(median(seen.bare.busy) * 100)} %`;
  const upstream = `upstream after ${0.5 * AFTER_A_WHILE.delayMs} to ${1.5 * AFTER_A_WHILE.delayMs} ms`;
  return [row(`2 ${title}: requests/s, metered vs bare (${bare}), ${upstream}`, ofBare, '>= 0.95', ofBare >= 0.95)];
}
