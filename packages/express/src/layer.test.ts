import { createServer } from 'node:http';
import express, { type RequestHandler, Router } from 'express';
import request from 'supertest';
import { useKit } from '../test-kit.js';
import { BudgetExceededError } from './index.js';

const kit = useKit();

const ask: RequestHandler = async (_req, res) => {
  await kit.chat();
  res.send('answered');
};

const layers = () => Object.getPrototypeOf(Router().use(() => {}).stack[0]) as Record<string, unknown>;
/** Express 5, or 4. */
const [HANDLE, HANDLE_ERROR] =
  'handleRequest' in layers()
    ? (['handleRequest', 'handleError'] as const)
    : (['handle_request', 'handle_error'] as const);
const methods = () => [layers()[HANDLE], layers()[HANDLE_ERROR]];
const original = methods();

test("closing the meter gives Express's methods back, and a request that comes later leaves them", async () => {
  const metered = kit.metered();
  expect(methods()).not.toContain(original[0]);
  const url = await kit.serve(express().use(metered).get('/ask', ask));
  await request(url).get('/ask').expect(200);
  expect(await metered.meter.close()).toMatchObject({ restored: true });
  expect(methods()).toEqual(original);
  await request(url).get('/ask').expect(200);
  expect(methods()).toEqual(original);
  expect(Object.getOwnPropertySymbols(layers())).toEqual([]);
});

test('a router that serves without an app is metered, denied, and warned of nothing', async () => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const errors: unknown[] = [];
  const router = Router()
    .use(kit.metered({ budgets: [{ name: 'nothing', limitUsd: 0, window: 'day' }] }))
    .get('/ask', (_req, _res, next) => void kit.chat().catch(next));
  const server = createServer((req, res) =>
    router(req as never, res as never, (error: unknown) => {
      errors.push(error);
      res.writeHead(402).end();
    }),
  );
  await request(server).get('/ask').expect(402);
  expect(errors).toEqual([expect.any(BudgetExceededError)]);
  expect(kit.costLines()).toMatchObject([{ req: { route: '/ask' }, edenai: { deniedCalls: 1 } }]);
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});

test('a method that somebody wrapped after us stays, does nothing, and is told', async () => {
  const metered = kit.metered();
  const prototype = layers();
  const ours = prototype[HANDLE] as (...args: unknown[]) => unknown;
  prototype[HANDLE] = function wrapped(this: unknown, ...args: unknown[]) {
    return ours.apply(this, args);
  };
  const url = await kit.serve(express().use(metered).get('/ask', ask));
  expect(await metered.meter.close()).toMatchObject({ restored: false });
  await request(url).get('/ask').expect(200, 'answered');

  const again = kit.metered({ budgets: [{ name: 'nothing', limitUsd: 0, window: 'day' }] });
  const denied = await kit.serve(express().set('env', 'test').use(again).get('/ask', ask));
  await request(denied).get('/ask').expect(402);
  expect(kit.costLines()).toMatchObject([{ req: { route: '/ask' }, edenai: { deniedCalls: 1 } }]);
  Object.assign(prototype, { [HANDLE]: original[0], [HANDLE_ERROR]: original[1] });
});
