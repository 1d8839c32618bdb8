import { useStandIn } from '../support/stand-in.js';
import { useRecipes } from './recipes.js';

const standIn = useStandIn();
const run = useRecipes();

describe('the Prometheus recipe of the docs', () => {
  it('counts the cost by operation, model and basis, and denials by budget and reason', async () => {
    const { url } = await run('prom-client', standIn.eden.url);
    const ask = async (query: string) => (await fetch(`${url}/ask?${query}`)).text();
    standIn.eden.script({ costUsd: 0.03, times: 4 });
    await ask('user=ann');
    await ask('user=ann');
    await ask('user=ann'); // denied
    await ask('user=bob&model=mistral/small');
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const values = metrics.split('\n').filter((line) => line.startsWith('edenai_'));
    expect(values).toEqual([
      'edenai_cost_usd_total{operation="chat",model="openai/gpt-4o",basis="reported"} 0.06',
      'edenai_cost_usd_total{operation="chat",model="other",basis="reported"} 0.03',
      'edenai_denied_calls_total{budget="users",reason="spent"} 1',
    ]);
  });

  it('has no more series for more users', async () => {
    const { url } = await run('prom-client', standIn.eden.url);
    for (let user = 0; user < 20; user++) await (await fetch(`${url}/ask?user=canary-${user}`)).text();
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).not.toContain('canary');
    expect(metrics.match(/^edenai_/gm)).toHaveLength(1);
  });
});

test('the OpenTelemetry recipe of the docs makes a span of each charge, with its cost', async () => {
  const { url } = await run('@opentelemetry/api', standIn.eden.url);
  standIn.eden.script({ costUsd: 0.0123, inputTokens: 20, outputTokens: 10 });
  await (await fetch(`${url}/ask?user=ann`)).text();
  expect(await (await fetch(`${url}/spans`)).json()).toEqual([
    {
      name: 'chat openai/gpt-4o',
      kind: 2,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'edenai',
        'gen_ai.response.model': 'openai/gpt-4o',
        'gen_ai.usage.input_tokens': 20,
        'gen_ai.usage.output_tokens': 10,
        'gen_ai.usage.cost.amount': 0.0123,
        'gen_ai.usage.cost.currency': 'USD',
        'gen_ai.usage.cost.source': 'provider',
      },
    },
  ]);
});
