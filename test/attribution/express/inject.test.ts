import express from 'express';
import inject, { type DispatchFunc } from 'light-my-request';
import { useCostAware } from '../../support/cost-aware.js';
import { useStandIn } from '../../support/stand-in.js';
import { chat } from '../disconnects.js';

const standIn = useStandIn();
const kit = useCostAware(() => standIn.eden);

test('an answer to inject() is no aborted one', async () => {
  const app = express().use(kit.costAware());
  app.get('/', async (_req, res) => {
    await chat(standIn.eden.baseUrl);
    res.send('answered');
  });
  expect((await inject(app as unknown as DispatchFunc, '/')).payload).toBe('answered');
  expect(kit.costLines()).toMatchObject([{ edenai: { calls: 1, aborted: false, late: false } }]);
});
