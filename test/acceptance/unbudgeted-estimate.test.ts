import { startEdenStandIn, testMeter } from '@eden-cost/testing';

test('without budgets, a call of unknown cost is booked at the estimate that it states', async () => {
  const eden = await startEdenStandIn({ costAs: 'missing' });
  const meter = testMeter({ baseUrls: [eden.url] });
  const ask = async (headers: Record<string, string>) => {
    const response = await fetch(`${eden.url}/v3/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'Hello' }] }),
    });
    await response.text();
  };
  try {
    await ask({ 'x-eden-cost-estimate': '0.2' });
    await ask({});
    expect(meter.charges.map(({ amount, basis }) => [amount, basis])).toEqual([
      [200_000_000, 'estimated'],
      [10_000_000, 'estimated'],
    ]);
  } finally {
    await meter.close();
    await eden.close();
  }
});
