declare module 'koa-pino-logger' {
  import type { Middleware } from 'koa';
  import type { Options } from 'pino-http';

  export default function logger(options?: Options, stream?: NodeJS.WritableStream): Middleware;
}
