import { isPromise } from '../maybe.js';
import { dialectOf, type Write } from './log-dialects.js';
import type { LoggerOption, LogLevel } from './logger.js';

type Line = [level: LogLevel, msg: string, fields: object];

/** Writes one line. It never throws, whatever the logger does. */
export type WriteLine = (...line: Line) => void;

/** @param failed told when the logger throws, or answers with a promise that rejects, and what it should have written */
export function lineWriter(
  logger: LoggerOption | undefined,
  failed: (cause: unknown, ...line: Line) => void,
): WriteLine {
  if (!logger) return () => {};
  let write: Write | undefined;
  return (level, msg, fields) => {
    try {
      write ??= dialectOf(logger);
      const written = write(level, msg, fields);
      if (isPromise(written)) written.then(undefined, (cause) => failed(cause, level, msg, fields));
    } catch (cause) {
      failed(cause, level, msg, fields);
    }
  };
}
