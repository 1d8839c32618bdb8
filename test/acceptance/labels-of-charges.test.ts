import { CHAT, postInit } from '../support/calls.js';
import { hear, useMeteredEden } from '../support/meter.js';

const metered = useMeteredEden();

const ask = async () => (await fetch(`${metered.eden.url}/v3/chat/completions`, postInit(CHAT))).text();

test('a charge keeps the labels that its scope had, whatever the scope is labelled afterwards', async () => {
  const meter = metered.meter({ rateCard: false });
  const heard = hear(meter);
  await meter.run({ labels: { tenant: 'acme' } }, async () => {
    const scope = meter.current();
    await ask();
    scope?.label('tenant', 'globex').label('feature', 'chat');
    await ask();
  });
  expect(heard.charge.map(({ labels }) => labels)).toEqual([{ tenant: 'acme' }, { tenant: 'globex', feature: 'chat' }]);
});
