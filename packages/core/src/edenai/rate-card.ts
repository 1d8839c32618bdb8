import type { Rate, RateCard } from './rate.js';

/** Prices by model, as an app writes them itself; in USD per token. */
export type RateTable = Readonly<
  Record<
    string,
    {
      readonly inputUsdPerToken: number;
      readonly outputUsdPerToken?: number;
      readonly cacheReadUsdPerToken?: number;
      readonly cacheWriteUsdPerToken?: number;
    }
  >
>;

type Json = Readonly<Record<string, unknown>>;

/** The prices of one list, by name. */
export interface PriceList {
  readonly ids: Map<string, Rate>;
  /** By names that several endpoints may answer to; looked up after the ids, whose tails they can look like. */
  readonly routed: Map<string, Rate>;
  readonly aliases: Map<string, string>;
}

/** A cent a token: the dearest models cost a fifteenth of it, so that a price above is not per token. */
const MOST_USD_PER_TOKEN = 0.01;

/** `alias_of` may name another alias. */
const MOST_ALIASES = 5;

/**
 * Reads `GET /v3/models` and its like (Eden AI wire notes, "Prices, before the call"): a list,
 * `{data: […]}`, or the `?view=models` grouping with `endpoints`. Entries that make no sense are left out.
 */
export function parsePriceList(models: unknown): PriceList {
  const list: PriceList = { ids: new Map(), routed: new Map(), aliases: new Map() };
  for (const entry of entriesOf(models)) {
    const rate = rateOf(entry.pricing);
    if (rate) addEntry(list, entry, rate);
    else addAlias(list, entry);
  }
  return list;
}

/** A rate card from an app's own prices; `undefined` when one of them is no sensible number of USD per token. */
export function rateCardOf(table: RateTable): RateCard | undefined {
  const ids = new Map<string, Rate>();
  for (const [model, price] of Object.entries(table)) {
    const pricing = {
      input_cost_per_token: price?.inputUsdPerToken,
      output_cost_per_token: price?.outputUsdPerToken,
      cache_read_input_token_cost: price?.cacheReadUsdPerToken,
      cache_creation_input_token_cost: price?.cacheWriteUsdPerToken,
    };
    const rate = rateOf(pricing);
    if (rate === undefined || Object.values(pricing).map(nanosPerToken).some(Number.isNaN)) return undefined;
    add(ids, normal(model), rate);
  }
  return cardOf([{ ids, routed: new Map(), aliases: new Map() }]);
}

/** One rate card from several lists: Eden AI has one for each kind of model. */
export function cardOf(lists: readonly PriceList[]): RateCard {
  const merged = mergeLists(lists);
  const find = (name: string, hops = 0): Rate | undefined => {
    const rate = merged.ids.get(name) ?? merged.routed.get(name);
    const target = merged.aliases.get(name);
    return rate ?? (target !== undefined && hops < MOST_ALIASES ? find(target, hops + 1) : undefined);
  };
  return {
    rate: (model) => firstFound(spellings(normal(model)), find),
    exact: (id) => firstFound(spellings(normal(id)), (name) => merged.ids.get(name)),
  };
}

function mergeLists(lists: readonly PriceList[]): PriceList {
  const merged: PriceList = { ids: new Map(), routed: new Map(), aliases: new Map() };
  for (const { ids, routed, aliases } of lists) {
    for (const [name, rate] of ids) add(merged.ids, name, rate);
    for (const [name, rate] of routed) add(merged.routed, name, rate);
    for (const [name, target] of aliases) merged.aliases.set(name, target);
  }
  return merged;
}

function firstFound(names: Iterable<string>, find: (name: string) => Rate | undefined): Rate | undefined {
  for (const name of names) {
    const rate = find(name);
    if (rate) return rate;
  }
  return undefined;
}

/** The name itself first, because ids may hold `:` and `@` of their own; then without `@eu`, `@edenai`, `:latency`. */
export function* spellings(name: string): Generator<string> {
  yield name;
  const plain = name.replace(/@[^@/]*$/, '');
  if (plain !== name) yield plain;
  yield plain.replace(/:[^:/]*$/, '');
}

/** As names are compared. */
export const normal = (name: string): string => name.trim().toLowerCase();

function* entriesOf(models: unknown): Generator<Json> {
  const list = Array.isArray(models) ? models : isObject(models) && Array.isArray(models.data) ? models.data : [];
  for (const entry of list.filter(isObject)) {
    if (!Array.isArray(entry.endpoints)) yield entry;
    else for (const endpoint of entry.endpoints.filter(isObject)) yield { ...endpoint, routable: entry.id };
  }
}

function addEntry({ ids, routed }: PriceList, entry: Json, rate: Rate): void {
  if (typeof entry.id === 'string') add(ids, normal(entry.id), rate);
  for (const name of routedNames(entry)) add(routed, name, rate);
}

function addAlias({ aliases }: PriceList, entry: Json): void {
  if (typeof entry.alias_of !== 'string') return;
  const names = [...routedNames(entry), ...(typeof entry.id === 'string' ? [normal(entry.id)] : [])];
  for (const name of names) aliases.set(name, normal(entry.alias_of));
}

/** The names without a provider by which an entry is routed. */
function routedNames({ id, model_name, routable }: Json): ReadonlySet<string> {
  const bare = typeof id === 'string' && id.includes('/') ? id.slice(id.indexOf('/') + 1) : undefined;
  return new Set([model_name, routable, bare].filter((name) => typeof name === 'string').map(normal));
}

/** One name for several endpoints or regions: of each price the highest, as an upper bound. */
function add(rates: Map<string, Rate>, name: string, rate: Rate): void {
  const known: Partial<Rate> = rates.get(name) ?? {};
  const merged: Record<string, number> = { ...known, ...rate };
  for (const [key, price] of Object.entries(known)) merged[key] = Math.max(price, merged[key] ?? 0);
  rates.set(name, merged as unknown as Rate);
}

function rateOf(pricing: unknown): Rate | undefined {
  if (!isObject(pricing)) return undefined;
  const input = nanosPerToken(pricing.input_cost_per_token);
  const output = nanosPerToken(pricing.output_cost_per_token);
  const read = nanosPerToken(pricing.cache_read_input_token_cost);
  const write = nanosPerToken(pricing.cache_creation_input_token_cost);
  if (input === undefined || Number.isNaN(input) || Number.isNaN(output)) return undefined;
  return {
    inputNanosPerToken: input,
    ...(output !== undefined && { outputNanosPerToken: output }),
    ...(isPrice(read) && { cacheReadNanosPerToken: read }),
    ...(isPrice(write) && { cacheWriteNanosPerToken: write }),
  };
}

const isPrice = (nanos: number | undefined): nanos is number => nanos !== undefined && !Number.isNaN(nanos);

/** Moves the decimal point in the text: 8.33e-08 × 1e9 as floats would not be 83.3. `NaN` for what is no price. */
function nanosPerToken(usd: unknown): number | undefined {
  if (usd === undefined || usd === null) return undefined;
  const value = typeof usd === 'string' && usd.trim() !== '' ? Number(usd) : usd;
  if (typeof value !== 'number' || !(value >= 0 && value <= MOST_USD_PER_TOKEN)) return Number.NaN;
  const [digits, exponent = '0'] = String(value).split('e');
  return Number(`${digits}e${Number(exponent) + 9}`);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
