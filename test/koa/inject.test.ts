import inject from 'light-my-request';
import { callAtOnce } from '../support/call-at-once.js';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { useKoa } from './kit.js';

const kit = useKoa();

test('an answer to inject() is no aborted one', async () => {
  const app = kit.app({}, async (ctx) => {
    await readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, postInit(CHAT)));
    ctx.body = 'answered';
  });
  expect((await inject(app.callback(), '/')).payload).toBe('answered');
  expect(kit.costLines()).toMatchObject([{ edenai: { calls: 1, aborted: false, late: false } }]);
});

test('an answer to a function in a cloud is no aborted one', async () => {
  const app = kit.app({}, async (ctx) => {
    await readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, postInit(CHAT)));
    ctx.body = 'answered';
  });
  await callAtOnce(app.callback(), '/');
  expect(kit.costLines()).toMatchObject([{ edenai: { calls: 1, aborted: false, late: false } }]);
});
