import type { RequestListener } from 'node:http';
import express from 'express';
import { callAtOnce } from '../../support/call-at-once.js';
import { useCostAware } from '../../support/cost-aware.js';
import { useStandIn } from '../../support/stand-in.js';
import { chat } from '../disconnects.js';

const standIn = useStandIn();
const kit = useCostAware(() => standIn.eden);

test('an answer to a function in a cloud is no aborted one', async () => {
  const app = express().use(kit.costAware());
  app.get('/', async (_req, res) => {
    await chat(standIn.eden.baseUrl);
    res.send('answered');
  });
  await callAtOnce(app as unknown as RequestListener, '/');
  expect(kit.costLines()).toMatchObject([{ edenai: { calls: 1, aborted: false, late: false } }]);
});
