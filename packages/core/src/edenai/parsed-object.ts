import type { JsonObject } from './json-object.js';

type Table = Readonly<Record<string, unknown>>;

const COST = '"cost"';

/**
 * A small object, parsed whole: natively, by code that the app's client runs as well. A number is no longer what it was written
 * as, and of a cost that is wanted: it is looked up in the text, where there is one.
 */
export class ParsedObject implements JsonObject {
  readonly complete = true;

  private constructor(
    private readonly table: Table,
    private readonly cost: string | undefined,
  ) {}

  /** `undefined` for what is no whole JSON object, or may have several costs. */
  static of(json: string): ParsedObject | undefined {
    const at = json.indexOf(COST);
    if (at !== -1 && json.includes(COST, at + COST.length)) return undefined;
    try {
      const table: unknown = JSON.parse(json);
      return isTable(table) ? new ParsedObject(table, at === -1 ? undefined : numberAfter(json, at)) : undefined;
    } catch {
      return undefined;
    }
  }

  value(key: string): unknown {
    return Object.hasOwn(this.table, key) ? this.table[key] : undefined;
  }

  text(key: string): string | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (typeof value === 'string') return JSON.stringify(value);
    if (typeof value === 'object' && value !== null) return Array.isArray(value) ? '[]' : '{}';
    return key === 'cost' && value === Number(this.cost) ? this.cost : String(value);
  }

  nested(key: string): ParsedObject | undefined {
    const value = this.value(key);
    return isTable(value) ? new ParsedObject(value, this.cost) : undefined;
  }
}

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const NUMBER = /\s*:\s*(-?[\d.eE+-]+)/y;

/** Of a part of a text V8 keeps the whole text: a charge that is remembered must not keep its answer. */
function numberAfter(json: string, keyAt: number): string | undefined {
  NUMBER.lastIndex = keyAt + COST.length;
  const part = NUMBER.exec(json)?.[1];
  return part && Buffer.from(part, 'latin1').toString('latin1');
}
