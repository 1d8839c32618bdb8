import express, { Router } from 'express';
import request from 'supertest';
import { useKit } from '../test-kit.js';
import { BudgetExceededError } from './index.js';

const kit = useKit();

// Express is as it was when it was loaded: nothing may be asked of it before this test
test('the very first request of a process is told, and denied, like every other', async () => {
  const errors: unknown[] = [];
  const inner = Router()
    .use(kit.metered({ budgets: [{ name: 'one-call', limitUsd: 0.01, window: 'total' }] }))
    .get('/ask', async () => {
      await kit.chat();
      await kit.chat();
    });
  const app = express().set('env', 'test');
  app.use('/tenants/:id', Router().use('/users/:user', inner));
  app.use(((error, _req, _res, next) => {
    errors.push(error);
    next(error);
  }) satisfies express.ErrorRequestHandler);
  const url = await kit.serve(app);

  for (const _time of ['the first', 'and once more']) {
    await request(url).get('/tenants/42/users/secret/ask').expect(402);
  }
  expect(errors).toEqual([expect.any(BudgetExceededError), expect.any(BudgetExceededError)]);
  expect(kit.costLines().map(({ req }) => req.route)).toEqual(
    Array.from({ length: 2 }, () => '/tenants/:id/users/:user/ask'),
  );
});
