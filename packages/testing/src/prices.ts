import { askedModel, type Call, numberIn, type PricedCall } from './call.js';
import { writeCost } from './cost.js';
import { isRecord } from './json.js';
import type { Pricing } from './models.js';
import { type Nanos, type Picos, picosToNanos, readUsd, usdToNanos, usdToPicos } from './money.js';
import { v2Providers } from './naming.js';
import { countTokens } from './tokens.js';

const NANOS_PER_FEATURE = 10_000_000;
const NANOS_PER_V2_PROVIDER = 1_000_000;
const NANOS_PER_DECISION = 1_000_000;
const NANOS_PER_OTHER = 2_000_000;
const AUDIO_BYTES_PER_SECOND = 16_000;

const pricingOf = (call: Call): Pricing => call.site.catalogue.find(askedModel(call), call.route.kind).pricing;

const perUnit =
  (price: keyof Pricing, units: (call: Call) => number) =>
  (call: Call): Nanos =>
    picosToNanos(usdToPicos(pricingOf(call)[price] ?? 0) * units(call));

function tokenPicos(call: Call): Picos {
  const { input, output, cached, cacheWrite } = countTokens(call);
  const pricing = pricingOf(call);
  const rate = usdToPicos(pricing.input_cost_per_token ?? 0);
  const picos = (price: number | undefined) => (price === undefined ? rate : usdToPicos(price));
  return (
    (input - cached - cacheWrite) * rate +
    cached * picos(pricing.cache_read_input_token_cost) +
    cacheWrite * picos(pricing.cache_creation_input_token_cost) +
    output * usdToPicos(pricing.output_cost_per_token ?? 0)
  );
}

const unlessFailed =
  (nanos: (call: Call) => Nanos) =>
  (call: Call): Nanos =>
    call.options.outcome === 'fail' ? 0 : nanos(call);

function audioSeconds({ body }: Call): number {
  const bytes = isRecord(body.file) ? Number(body.file.size) : 0;
  return Math.max(1, Math.ceil(bytes / AUDIO_BYTES_PER_SECOND));
}

/** What a call costs, by the unit it is sold in. */
export const PRICES = {
  tokens: (call: Call): Nanos => picosToNanos(tokenPicos(call)),
  inputTokens: perUnit('input_cost_per_token', (call) => countTokens(call).input),
  images: perUnit('output_cost_per_image', ({ body }) => numberIn(body, 'n', 1)),
  characters: perUnit('input_cost_per_character', ({ body }) => Array.from(String(body.input ?? '')).length),
  audioSeconds: perUnit('input_cost_per_second', audioSeconds),
  requests: perUnit('input_cost_per_request', () => 1),
  videoSeconds: perUnit('output_cost_per_second', ({ body }) => numberIn(body, 'seconds', 4)),
  feature: unlessFailed(() => NANOS_PER_FEATURE),
  job: () => NANOS_PER_FEATURE,
  v2: unlessFailed((call) => NANOS_PER_V2_PROVIDER * v2Providers(call).length),
  decision: () => NANOS_PER_DECISION,
  other: () => NANOS_PER_OTHER,
} satisfies Record<string, (call: Call) => Nanos>;

function nanosOf({ cached, key, options, route }: Call, price: () => Nanos): Nanos {
  if (!route.price || cached || key?.sandbox) return 0;
  if (options.costUsd !== undefined) return usdToNanos(options.costUsd, 'costUsd');
  const { costAs } = options;
  return (typeof costAs === 'object' ? readUsd(costAs.raw.replaceAll('"', '')) : undefined) ?? price();
}

/** Puts the price on a call. */
export function priceCall(call: Call): PricedCall {
  const nanos = nanosOf(call, () => call.route.price?.(call) ?? 0);
  const form = call.options.costAs ?? call.route.costAs ?? 'number';
  return { ...call, cost: { nanos, written: writeCost(nanos, form) } };
}
