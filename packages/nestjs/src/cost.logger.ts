import type { Logger } from '@eden-cost/core';
import { Logger as NestLogger } from '@nestjs/common';

/** Nest's own logger, or whichever `app.useLogger()` has put in its place; a line is one object, with `msg`. */
export function nestLogger(): Logger {
  const logger = new NestLogger('EdenCost');
  return {
    info: (line, msg) => logger.log({ msg, ...line }),
    warn: (line, msg) => logger.warn({ msg, ...line }),
    error: (line, msg) => logger.error({ msg, ...line }),
  };
}
