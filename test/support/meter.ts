import { createMeter, type Meter, type MeterEvents, type MeterOptions } from '@eden-cost/core';
import type { EdenStandIn, StandInOptions } from '@eden-cost/testing';
import { useStandIn } from './stand-in.js';

export interface MeteredEden {
  readonly eden: EdenStandIn;
  /** A meter of the stand-in's calls; closed after the test. */
  meter(options?: MeterOptions): Meter;
}

/** A stand-in for a test file, and meters of it. */
export function useMeteredEden(options: StandInOptions = {}): MeteredEden {
  const standIn = useStandIn(options);
  const meters: Meter[] = [];
  afterEach(async () => {
    for (const meter of meters.splice(0)) await meter.close({ timeoutMs: 0 });
  });
  return {
    get eden() {
      return standIn.eden;
    },
    meter(meterOptions = {}) {
      const meter = createMeter({ baseUrls: [standIn.eden.url], ...meterOptions });
      meters.push(meter);
      return meter;
    },
  };
}

const EVENTS = [
  'charge',
  'denied',
  'overrun',
  'threshold',
  'credits',
  'balance',
  'ledger',
  'unasked',
  'error',
] as const;

type Heard = { readonly [E in (typeof EVENTS)[number]]: MeterEvents[E][] };

/** Everything that a meter tells from now on. */
export function hear(meter: Meter): Heard {
  const heard = Object.fromEntries(EVENTS.map((event) => [event, [] as unknown[]])) as unknown as Heard;
  for (const event of EVENTS) meter.on(event, (told) => (heard[event] as unknown[]).push(told));
  return heard;
}

/** Resolves with the next event that fits. */
export function nextEvent<E extends keyof MeterEvents>(
  meter: Meter,
  event: E,
  fits: (told: MeterEvents[E]) => boolean = () => true,
): Promise<MeterEvents[E]> {
  return new Promise((resolve) => {
    const stop = meter.on(event, (told) => {
      if (!fits(told)) return;
      stop();
      resolve(told);
    });
  });
}
