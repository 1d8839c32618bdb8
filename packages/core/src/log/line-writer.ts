import { isPromise } from '../maybe.js';
import { writeTo } from './log-dialects.js';
import { type LoggerOption, type LogLevel, METHODS } from './logger.js';

type Line = [level: LogLevel, msg: string, fields: object];

/** Writes one line. It never throws, whatever the logger does. */
export type WriteLine = (...line: Line) => void;

/** @param failed told when the logger throws, or answers with a promise that rejects, and what it should have written */
export function lineWriter(
  logger: LoggerOption | undefined,
  failed: (cause: unknown, ...line: Line) => void,
): WriteLine {
  if (!logger) return () => {};
  return (level, msg, fields) => {
    const fail = (cause: unknown) => failed(cause, level, msg, fields);
    try {
      const line = { level, msg, ...fields };
      const written: unknown = typeof logger === 'function' ? logger(line) : writeTo(logger, METHODS[level], line);
      if (isPromise(written)) written.then(undefined, fail);
    } catch (cause) {
      fail(cause);
    }
  };
}
