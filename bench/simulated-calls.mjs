export const USD = 1e9;

/** Random numbers that are the same in each run (mulberry32). */
export function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * The kinds of calls that an app makes, how often, and what they come to: tokens by a log-normal distribution, as chats are
 * (most are short, a few are ten times as long), at list prices in nano-USD a token. `bounded`: how many say `max_tokens`.
 */
const KINDS = [
  { kind: 'chat, small model', share: 0.45, input: 600, output: 250, rates: [150, 600], most: 1_024, bounded: 0.7 },
  {
    kind: 'chat, large model',
    share: 0.25,
    input: 1_200,
    output: 400,
    rates: [2_500, 10_000],
    most: 2_048,
    bounded: 0.6,
  },
  {
    kind: 'chat, long documents',
    share: 0.05,
    input: 12_000,
    output: 700,
    rates: [2_500, 10_000],
    most: 4_096,
    bounded: 0.4,
  },
  {
    kind: 'embeddings',
    operation: 'embeddings',
    share: 0.15,
    input: 2_000,
    output: 0,
    rates: [20, 0],
    most: 0,
    bounded: 1,
  },
  { kind: 'image', operation: 'images', share: 0.03, price: 40_000_000 },
  { kind: 'document feature', operation: 'feature', share: 0.07, price: 1_500_000 },
];
const BYTES_PER_TOKEN = 4;

/** Calls whose costs come to so much in each window, so many of them at once on average, each of a second or more. */
export function makeCalls(random, { worth, windows, atOnce, windowMs }) {
  const calls = [];
  for (let window = 0; window < windows; window++) {
    let sum = 0;
    let at = window * windowMs;
    while (sum < worth) {
      const call = { id: `call-${calls.length}`, window, ...oneCall(random) };
      sum += call.cost;
      at += (-Math.log(1 - random()) * MEAN_MS) / atOnce;
      calls.push({ ...call, at: Math.ceil(at) });
    }
  }
  return calls;
}

const MEAN_MS = 2_500;

function oneCall(random) {
  const { kind, operation = 'chat', price, ...sold } = pick(random());
  const cost = price === undefined ? tokens(random, sold) : { cost: price };
  const ownEstimate = Math.ceil(cost.cost * (0.8 + 0.4 * random()));
  return {
    kind,
    operation,
    ...cost,
    ownEstimate,
    durationMs: Math.ceil(MEAN_MS * Math.exp(0.6 * normal(random) - 0.18)),
  };
}

function tokens(random, { input, output, rates, most, bounded }) {
  const inputTokens = Math.ceil(input * Math.exp(0.7 * normal(random)));
  const outputTokens = Math.min(most || 0, Math.ceil(output * Math.exp(0.7 * normal(random))));
  const cost = inputTokens * rates[0] + outputTokens * rates[1];
  const worstCase = inputTokens * BYTES_PER_TOKEN * rates[0] + most * rates[1];
  return random() < bounded ? { cost, worstCase } : { cost };
}

function pick(at) {
  let upTo = 0;
  for (const kind of KINDS) {
    upTo += kind.share;
    if (at < upTo) return kind;
  }
  return KINDS[0];
}

function normal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
