import { denialBody } from './errors.js';

describe('denialBody', () => {
  const denial = { code: 'ERR_COST_BUDGET_EXCEEDED', message: 'The AI budget is used up' };
  const { code, message } = denial;
  it.each([
    ['openai', { error: { message, type: 'payment_required', param: null, code } }],
    ['anthropic', { type: 'error', error: { type: 'billing_error', message } }],
    ['universal', { detail: message }],
    ['v2', { error: { type: code, message } }],
    ['other', { error: message }],
  ] as const)("has Eden AI's own shape for %s", (family, body) => {
    expect(JSON.parse(denialBody(family, denial).body)).toEqual(body);
  });

  it('says nothing but code and message', () => {
    const leaky = { ...denial, limitUsd: 5, label: 'acme' };
    for (const family of ['openai', 'anthropic', 'universal', 'v2', 'other'] as const) {
      expect(denialBody(family, leaky).body).not.toMatch(/acme|limit/);
    }
  });
});
