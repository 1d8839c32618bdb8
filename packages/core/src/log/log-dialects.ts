import { Console } from 'node:console';
import { type Logger, type LoggerOption, type LogLevel, METHODS } from './logger.js';

/** Writes one line the way that a logger takes it. Returns what the logger does. */
export type Write = (level: LogLevel, msg: string, fields: object) => unknown;

const has = (logger: object, ...methods: string[]): boolean =>
  methods.every((method) => typeof (logger as Record<string, unknown>)[method] === 'function');

const asIs = (value: unknown): unknown => value;

/** What a logger makes of `(object, message)` differs; all of these have info, warn and error. */
export function dialectOf(logger: Exclude<LoggerOption, false>): Write {
  if (typeof logger === 'function') return (level, msg, fields) => logger({ level, msg, ...fields });
  // inspects an object over as many lines as it has fields, and not below the second level
  if (logger instanceof Console) {
    return (level, msg, fields) => logger[METHODS[level]](JSON.stringify({ level, msg, ...fields }));
  }
  // takes the first argument for the message, and drops a text that is the second
  if ('transports' in logger && has(logger, 'log')) {
    return (level, msg, fields) => logger[METHODS[level]]({ message: msg, ...fields });
  }
  if (has(logger, 'child', 'bindings')) return pinoDialect(logger as Pino);
  return (level, msg, fields) => logger[METHODS[level]](fields, msg);
}

/** Of pino's `symbols`, which are registered ones. */
const SERIALIZERS = Symbol.for('pino.serializers');

interface Pino extends Logger {
  child(bindings: object, options: { serializers: Record<string, typeof asIs> }): Logger;
  readonly [SERIALIZERS]?: object;
}

/**
 * Its serializers, and so pino-http's, take `req` and `res` for Node's own: a route goes, a status becomes null. A child
 * without them takes as long as the line.
 */
const pinoDialect =
  (pino: Pino): Write =>
  (level, msg, fields) =>
    (leavesRequests(pino) ? pino : pino.child({}, { serializers: { req: asIs, res: asIs } }))[METHODS[level]](
      fields,
      msg,
    );

function leavesRequests({ [SERIALIZERS]: serializers }: Pino): boolean {
  return serializers !== undefined && !('req' in serializers) && !('res' in serializers);
}
