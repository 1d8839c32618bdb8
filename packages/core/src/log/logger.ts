/** What the meter needs of a logger: pino's own signature. A `console` and winston's loggers are known as well. */
export interface Logger {
  info(line: object, message?: string): void;
  warn(line: object, message?: string): void;
  error(line: object, message?: string): void;
}

/** pino's numbers: 30 info, 40 warn, 50 error. */
export type LogLevel = 30 | 40 | 50;

/** One line of the meter's, as a function that is given as `logger` gets it. */
export interface LogLine {
  readonly level: LogLevel;
  readonly msg: string;
  readonly [key: string]: unknown;
}

export type LoggerOption = Logger | ((line: LogLine) => void) | false;

/** What each level is called. */
export const METHODS = { 30: 'info', 40: 'warn', 50: 'error' } as const satisfies Record<LogLevel, keyof Logger>;

export const isLogger = (value: unknown): value is Logger =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(METHODS).every((method) => typeof (value as Record<string, unknown>)[method] === 'function');
