import { mkdirSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import type { Express } from 'express';
import request from 'supertest';
import { Agent } from 'undici';
import type { CodeBlock } from './markdown.js';

/** Blocks are written here, so that they find the packages of the workspace. Taken away after the tests. */
export const BLOCKS = join(__dirname, '.blocks');

export const fileOf = ({ at }: CodeBlock, suffix: string): string =>
  join(BLOCKS, `${at.replace(/[^A-Za-z0-9]+/g, '-')}${suffix}`);

const IMPORTS = /^import [^;]*?from '[^']+';\n|^import '[^']+';\n/gms;

/**
 * Runs a block as it stands, in a function of its own, and then sends its app what the page says below it.
 *
 * @returns for each try, the status that its app answered with
 */
export async function runBlock(block: CodeBlock): Promise<number[]> {
  mkdirSync(BLOCKS, { recursive: true });
  const file = fileOf(block, '.run.ts');
  const imports = block.code.match(IMPORTS) ?? [];
  const body = block.code.replace(IMPORTS, '').replace(/^(?:await )?app\.listen\(.*$/m, '');
  writeFileSync(
    file,
    `${imports.join('')}export async function run() {\n${body}\nreturn typeof app === 'undefined' ? undefined : app;\n}\n`,
  );
  const { run } = (await import(file)) as { run: () => Promise<App | undefined> };
  const app = await run();
  const server = await serverOf(app);
  const statuses: number[] = [];
  for (const { method, path, body } of block.tries) {
    const sent = request(server as Express)[method.toLowerCase() as 'post'](path);
    const answer = await (body === undefined ? sent : sent.set('content-type', 'application/json').send(body));
    statuses.push(answer.status);
  }
  return statuses;
}

/** What a page may call `app`: Express's own function, Koa, or a Nest application. */
type App = Express | { callback(): unknown } | { init(): Promise<unknown>; getHttpServer(): unknown };

async function serverOf(app: App | undefined): Promise<unknown> {
  if (app === undefined || typeof app === 'function') return app;
  if ('callback' in app) return app.callback();
  await app.init();
  return app.getHttpServer();
}

/** The global that this process's own fetch looks at: a Jest sandbox has another one. */
const real = Agent.constructor('return globalThis')() as Record<symbol, unknown>;
const SLOTS = [Symbol.for('undici.globalDispatcher.2'), Symbol.for('undici.globalDispatcher.1')];

/**
 * Lets the addresses of Eden AI lead to a stand-in, below everything that a meter watches: the blocks are run as the
 * reader would run them. Returns what takes it back.
 */
export function leadEdenAiTo(standInUrl: string): () => Promise<void> {
  const { port, hostname } = new URL(standInUrl);
  void new Response(); // the dispatcher is made when one of the classes of undici is first touched
  const before = SLOTS.filter((slot) => real[slot] !== undefined).map((slot) => [slot, real[slot]] as const);
  const agent = new Agent({
    connect: ({ hostname: host, port: own }, callback) => {
      const isEdenAi = host.endsWith('edenai.run');
      const socket = createConnection({ host: isEdenAi ? hostname : host, port: Number(isEdenAi ? port : own) });
      socket.once('connect', () => callback(null, socket)).once('error', (error) => callback(error, null));
    },
  });
  for (const [slot] of before) real[slot] = agent;
  return async () => {
    for (const [slot, dispatcher] of before) real[slot] = dispatcher;
    await agent.destroy();
  };
}
