import { Console } from 'node:console';
import type { Logger, LogLine } from './logger.js';

type Method = keyof Logger;
type Dialect = readonly [
  is: (logger: object) => boolean,
  write: (logger: never, method: Method, line: LogLine) => unknown,
];

const has = (logger: object, ...methods: string[]): boolean =>
  methods.every((method) => typeof (logger as Record<string, unknown>)[method] === 'function');

const asIs = (value: unknown): unknown => value;

/** What a logger makes of `(object, message)` differs; all of these have info, warn and error. */
const DIALECTS: readonly Dialect[] = [
  [
    // inspects an object over as many lines as it has fields, and not below the second level
    (logger) => logger instanceof Console,
    (console: Console, method, line) => console[method](JSON.stringify(line)),
  ],
  [
    // takes the first argument for the message, and drops a text that is the second
    (logger) => 'transports' in logger && has(logger, 'log'),
    (winston: Logger, method, { level: _, msg, ...fields }) => winston[method]({ message: msg, ...fields }),
  ],
  [
    // its serializers, and so pino-http's, take `req` and `res` for Node's own: a route goes, a status becomes null
    (logger) => has(logger, 'child', 'bindings'),
    (pino: Pino, method, { level: _, msg, ...fields }) =>
      (leavesRequests(pino) ? pino : pino.child({}, { serializers: { req: asIs, res: asIs } }))[method](fields, msg),
  ],
];

/** Of pino's `symbols`, which are registered ones. */
const SERIALIZERS = Symbol.for('pino.serializers');

interface Pino extends Logger {
  child(bindings: object, options: { serializers: Record<string, typeof asIs> }): Logger;
  readonly [SERIALIZERS]?: object;
}

/** A child for each line takes as long as the line. */
function leavesRequests({ [SERIALIZERS]: serializers }: Pino): boolean {
  return serializers !== undefined && !('req' in serializers) && !('res' in serializers);
}

/** Writes one line the way that this logger takes it. Returns what the logger does. */
export function writeTo(logger: Logger, method: Method, line: LogLine): unknown {
  const dialect = DIALECTS.find(([is]) => is(logger));
  if (dialect !== undefined) return dialect[1](logger as never, method, line);
  const { level: _, msg, ...fields } = line;
  return logger[method](fields, msg);
}
