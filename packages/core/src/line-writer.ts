import { writeTo } from './log-dialects.js';
import { type LoggerOption, type LogLevel, METHODS } from './logger.js';

/** Writes one line. It never throws, whatever the logger does. */
export type WriteLine = (level: LogLevel, msg: string, fields: object) => void;

export function lineWriter(logger: LoggerOption | undefined): WriteLine {
  if (!logger) return () => {};
  return (level, msg, fields) => {
    try {
      const line = { level, msg, ...fields };
      if (typeof logger === 'function') logger(line);
      else writeTo(logger, METHODS[level], line);
    } catch {
      // a logger that fails must not fail the call that is logged
    }
  };
}
