import { CHAT } from '../support/calls.js';
import { useMeteredEden } from '../support/meter.js';

const metered = useMeteredEden();

const chat = (body: RequestInit['body']) =>
  fetch(`${metered.eden.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });

const received = () => metered.eden.requests().at(-1)?.body;

test.each([
  ['a text', JSON.stringify(CHAT)],
  ['bytes', new TextEncoder().encode(JSON.stringify(CHAT))],
])('a fetch of %s is admitted before it returns, and arrives as it is', async (_kind, body) => {
  const meter = metered.meter({ budgets: [{ name: 'all', limitUsd: 1, window: 'day' }], rateCard: false });
  const pending = chat(body);
  expect(meter.snapshot().callsInFlight).toBe(1);
  expect((await pending).status).toBe(200);
  expect(received()).toEqual(CHAT);
});

test('bytes that the app goes on to write into are sent as they were', async () => {
  metered.meter({ rateCard: false });
  const bytes = new TextEncoder().encode(JSON.stringify(CHAT));
  const pending = chat(bytes);
  bytes.fill(0);
  expect((await pending).status).toBe(200);
  expect(received()).toEqual(CHAT);
});

test('what no text can hold is sent as fetch sends it', async () => {
  metered.meter({ rateCard: false });
  expect((await chat('{"model":"openai/gpt-4o","messages":[],"user":"\ud800é"}')).status).toBe(200);
  expect(received()).toMatchObject({ user: '\ufffdé' });
});
