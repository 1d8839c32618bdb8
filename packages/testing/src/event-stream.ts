import type { StreamEvent } from './call.js';
import { toJson } from './json.js';
import type { ReplyOptions } from './reply-options.js';

const LINE_ENDS = { lf: '\n', crlf: '\r\n' } as const;

const damage = (text: string): string => text.slice(0, -1);

/** Writes events as `text/event-stream`, one buffer each. */
export function writeEvents(
  events: readonly StreamEvent[],
  { lineEnd = 'lf', malformed, joinEvents }: ReplyOptions,
): Buffer[] {
  const end = LINE_ENDS[lineEnd];
  const lastJson = events.findLastIndex(({ data }) => typeof data !== 'string');
  const written = events.map(({ event, data }, index) => {
    const text = typeof data === 'string' ? data : toJson(data);
    const shown = malformed && index === lastJson ? damage(text) : text;
    return Buffer.from(`${event === undefined ? '' : `event: ${event}${end}`}data: ${shown}${end}${end}`);
  });
  return joinEvents ? [Buffer.concat(written)] : written;
}

/** A JSON text, broken on request. */
export const writeJson = (value: unknown, { malformed }: ReplyOptions): Buffer => {
  const text = toJson(value);
  return Buffer.from(malformed ? damage(text) : text);
};
