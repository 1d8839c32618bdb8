import type { Logger } from '@eden-cost/core';
import { ConsoleLogger, Logger as NestLogger } from '@nestjs/common';
import { lineText } from './cost.text.js';

/** What Nest keeps to itself of its loggers. */
interface Behind {
  readonly localInstance?: { readonly options?: { readonly json?: boolean } };
}

/** Nest's console prints an object over as many lines as it has fields. */
const isForPeople = (logger: NestLogger): boolean => {
  const { localInstance } = logger as unknown as Behind;
  return localInstance instanceof ConsoleLogger && (localInstance as Behind['localInstance'])?.options?.json !== true;
};

/**
 * Nest's own logger, or whichever `app.useLogger()` has put in its place. A line is one object, with `msg`; on Nest's
 * console, unless that writes JSON, it is a text.
 */
export function nestLogger(): Logger {
  const logger = new NestLogger('EdenCost');
  const line = (fields: object, msg = '') => (isForPeople(logger) ? lineText(msg, fields) : { msg, ...fields });
  return {
    info: (fields, msg) => logger.log(line(fields, msg)),
    warn: (fields, msg) => logger.warn(line(fields, msg)),
    error: (fields, msg) => logger.error(line(fields, msg)),
  };
}
