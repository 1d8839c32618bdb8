const OPEN = '\uE000';
const CLOSE = '\uE001';
const MARKED = new RegExp(`"${OPEN}(.*?)${CLOSE}"`, 'gs');

/** Text that stands in a JSON document as it is: `0.0100`, `1.2e-06`, or what is no JSON at all. */
export class RawJson {
  constructor(readonly text: string) {}

  toJSON(): string {
    return `${OPEN}${this.text}${CLOSE}`;
  }
}

/** `JSON.stringify` that writes every {@link RawJson} as its own text. */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.includes(OPEN) ? text.replace(MARKED, (_, raw: string) => JSON.parse(`"${raw}"`)) : text;
}

/** The value of a JSON text, or `undefined`. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
