import { Console } from 'node:console';
import type { Writable } from 'node:stream';
import type { LoggerOption } from '@eden-cost/core';
import { pino, stdSerializers } from 'pino';
import winston from 'winston';

const winstonTo = (stream: Writable) =>
  winston.createLogger({ format: winston.format.json(), transports: [new winston.transports.Stream({ stream })] });

function defaultWinston(stream: Writable): LoggerOption {
  winston.configure({ format: winston.format.json(), transports: [new winston.transports.Stream({ stream })] });
  return winston as unknown as LoggerOption;
}

/** What apps give as `logger`, each writing JSON to a stream. */
export const LOGGERS: Readonly<Record<string, (stream: Writable) => LoggerOption>> = {
  pino: (stream) => pino(stream),
  "pino with its standard serializers, as pino-http's is": (stream) => pino({ serializers: stdSerializers }, stream),
  'a child of pino': (stream) => pino(stream).child({ service: 'shop' }),
  winston: (stream) => winstonTo(stream),
  'a child of winston': (stream) => winstonTo(stream).child({ service: 'shop' }),
  "winston's default logger": defaultWinston,
  'a console': (stream) => new Console(stream),
  'a function': (stream) => (line) => void stream.write(`${JSON.stringify(line)}\n`),
};
