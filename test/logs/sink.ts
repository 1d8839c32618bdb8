import { Writable } from 'node:stream';
import { duplicateKeys } from '../support/duplicate-keys.js';
import { turnsUntil } from '../support/turns.js';

/** A line as it was parsed. Loggers differ in what they call the message and the level. */
export interface Line {
  readonly level?: unknown;
  readonly msg?: string;
  readonly message?: unknown;
  readonly req?: Record<string, unknown>;
  readonly res?: Record<string, unknown>;
  readonly responseTime?: number;
  readonly edenai?: Record<string, unknown> & { readonly costUsd?: number };
}

export interface Sink {
  readonly stream: Writable;
  /** Everything that was written, as it was. */
  text(): string;
  /** One for each line of text, each of them JSON; of those of the meter, none with a key twice. */
  lines(): Line[];
  /** Those with costs, once there are so many. */
  costLines(count: number): Promise<Line[]>;
}

const COST = 'edenai request cost';

export const isCostLine = ({ msg, message }: Line): boolean =>
  [msg, message, (message as Line | undefined)?.msg].includes(COST);

/** Where a logger writes to. */
export function sink(): Sink {
  const chunks: string[] = [];
  const text = () => chunks.join('');
  const lines = () =>
    text()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const parsed = JSON.parse(line) as Line;
        if (line.includes('edenai')) expect([duplicateKeys(line), line]).toEqual([[], line]);
        return parsed;
      });
  const costLines = () => lines().filter(isCostLine);
  return {
    stream: new Writable({
      write(chunk, _encoding, done) {
        chunks.push(String(chunk));
        done();
      },
    }),
    text,
    lines,
    async costLines(count) {
      await turnsUntil(() => costLines().length >= count);
      return costLines();
    },
  };
}
