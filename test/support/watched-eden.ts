import { createMeter, type Meter, type MeterEvents, type MeterOptions } from '@eden-cost/core';
import {
  type EdenStandIn,
  type ManualClock,
  manualClock,
  type ReplyOptions,
  type StandInOptions,
  startEdenStandIn,
} from '@eden-cost/testing';
import { CHAT, postInit, readAnswer } from './calls.js';
import { turnsUntil } from './turns.js';

export const BALANCE_PATH = '/v2/cost_management/credits/';

/** The time between two reads of the balance. */
export const INTERVAL_MS = 60_000;

export const KEY = 'sk-eden-app';

/** A stand-in, a meter that watches its credits, and the clock of both. */
export interface WatchedEden {
  readonly eden: EdenStandIn;
  readonly meter: Meter;
  readonly clock: ManualClock;
  /** What the meter told of the balance. */
  readonly states: MeterEvents['balance']['state'][];
  readonly errors: MeterEvents['error'][];
  /** How often the balance was read. */
  reads(): number;
  /** Moves time to the next read, and waits for it. */
  nextRead(): Promise<void>;
  /** Makes a chat and reads its answer; its status. */
  ask(reply?: Omit<ReplyOptions, 'hold'>, init?: { key?: string; model?: string }): Promise<number>;
}

type Start = (
  eden?: StandInOptions,
  options?: MeterOptions,
  make?: (options: MeterOptions) => Meter | Promise<Meter>,
) => Promise<WatchedEden>;

/** Starts pairs of a stand-in and a meter; all are closed after the test. */
export function useWatchedEden(): Start {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  return async (edenOptions = {}, options = {}, make = createMeter) => {
    const clock = manualClock();
    const eden = await startEdenStandIn({ clock, ...edenOptions });
    closing.push(() => eden.close());
    const credits = { apiKey: KEY, intervalMs: INTERVAL_MS, ...options.credits };
    const meter = await make({ baseUrls: [eden.url], rateCard: false, clock, ...options, credits });
    closing.push(() => meter.close({ timeoutMs: 0 }));
    const states: WatchedEden['states'] = [];
    const errors: WatchedEden['errors'] = [];
    meter.on('balance', ({ state }) => states.push(state));
    meter.on('error', (error) => errors.push(error));
    const path = new URL(credits.balanceUrl ?? `http://eden${BALANCE_PATH}`).pathname;
    const reads = () => eden.books().requestsByPath[path] ?? 0;
    const isFresh = () => meter.credits.balance()?.ageMs === 0;
    await turnsUntil(() => isFresh() || errors.length > 0);
    return {
      ...{ eden, meter, clock, states, errors, reads },
      async nextRead() {
        clock.advance(1);
        clock.advance(INTERVAL_MS - 1);
        await turnsUntil(isFresh);
      },
      async ask(reply = {}, { key = KEY, model = CHAT.model } = {}) {
        const init = postInit({ ...CHAT, model }, { reply, headers: { authorization: `Bearer ${key}` } });
        const response = await fetch(`${eden.baseUrl}/chat/completions`, init);
        await readAnswer(response);
        return response.status;
      },
    };
  };
}
