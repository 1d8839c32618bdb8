import { startEdenStandIn } from '@eden-cost/testing';
import { report } from '../../support/report.js';
import type { Undici } from './undici-clients.js';

/** A call with a global dispatcher that the app has set: what it came to without a meter, and with one. */
export interface DispatcherRun {
  readonly bare: string;
  readonly metered: string;
  readonly charges: number;
}

const [name] = process.argv.slice(2);
const undici = (await import(name as string)) as Undici;
const eden = await startEdenStandIn({ costUsd: '0.012345678' });
const init = { method: 'POST' as const, body: '{"model":"openai/gpt-4o","messages":[]}' };
const url = `${eden.baseUrl}/chat/completions`;

const CALLS = {
  fetch: async () => (await fetch(url, init)).text(),
  "undici's fetch": async () => (await undici.fetch(url, init)).text(),
  "undici's request": async () => (await undici.request(url, init)).body.text(),
};
type Way = keyof typeof CALLS;

/** A dispatcher of one copy of undici may not work for the fetch of another. */
const outcome = (call: () => Promise<string>): Promise<string> =>
  call().then(
    (text) => (text.includes('"cost":0.012345678') ? 'answered' : text),
    (error: Error) => `${error.name} ${(error.cause as { code?: string } | undefined)?.code}`,
  );

undici.setGlobalDispatcher(new undici.Agent());
const bare: Partial<Record<Way, string>> = {};
for (const [way, call] of Object.entries(CALLS)) bare[way as Way] = await outcome(call);

const { createMeter } = await import('@eden-cost/core');
const meter = createMeter({ baseUrls: [eden.url], rateCard: false });
const runs: Record<string, DispatcherRun> = {};
for (const when of ['before', 'after'] as const) {
  if (when === 'after') undici.setGlobalDispatcher(new undici.Agent({ connections: 1 }));
  for (const [way, call] of Object.entries(CALLS)) {
    runs[`${way}, set ${when} the meter was made`] = await meter.run({}, async () => {
      const metered = await outcome(call);
      return { bare: String(bare[way as Way]), metered, charges: meter.current()?.charges.length ?? 0 };
    });
  }
}
report(runs);
