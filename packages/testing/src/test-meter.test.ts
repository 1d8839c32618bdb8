import { startEdenStandIn } from './stand-in.js';
import { testMeter } from './test-meter.js';

test('a test meter remembers charges, denials and lines, and its time stands still', async () => {
  const standIn = await startEdenStandIn({ costUsd: 0.02 });
  const meter = testMeter({
    baseUrls: [standIn.url],
    budgets: [{ name: 'daily', limitUsd: 0.03, window: 'day', estimateUsd: 0.02 }],
  });
  const ask = () =>
    meter.fetch(`${standIn.url}/v3/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'Hello' }] }),
    });
  try {
    const startedAt = meter.clock.now();
    const statuses = await meter.run({ labels: { job: 'nightly' } }, async () => {
      const first = await ask();
      await first.text();
      return [first.status, await ask().catch((error) => error.code)];
    });
    expect(statuses).toEqual([200, 'ERR_COST_BUDGET_EXCEEDED']);
    expect(meter.charges.map(({ amount, labels }) => [amount, labels])).toEqual([[20_000_000, { job: 'nightly' }]]);
    expect(meter.denials.map(({ budget, reason }) => [budget, reason])).toEqual([['daily', 'spent']]);
    expect(meter.lines.map(({ msg }) => msg)).toContain('edenai request cost');
    expect(meter.clock.now()).toBe(startedAt);
  } finally {
    await meter.close();
    await standIn.close();
  }
});
