import type { PricedCall, Reply } from '../call.js';
import { writeCost } from '../cost.js';
import { v2Providers } from '../naming.js';
import { answerText } from '../tokens.js';

const WORD = { success: 'success', fail: 'fail' };
const MISSPELT = { success: 'sucess', fail: 'fail' };

/** `POST /v2/{feature}/{subfeature}`: one object for each provider, or a list of them; the charge is their sum, to the nano. */
export function v2Reply(call: PricedCall): Reply {
  const { cost, options } = call;
  const providers = v2Providers(call);
  const { outcome = 'success' } = options;
  const share = Math.floor(cost.nanos / providers.length);
  const first = cost.nanos - share * (providers.length - 1);
  const result =
    outcome === 'success' ? { generated_text: answerText(call) } : { error: { message: 'provider error' } };
  const entries = providers.map((provider, index): [string, Record<string, unknown>] => [
    provider,
    {
      status: (options.misspellSuccess ? MISSPELT : WORD)[outcome],
      cost: writeCost(index === 0 ? first : share, options.costAs ?? 'number').json,
      ...result,
      ...options.extra,
    },
  ]);
  const asList = call.body.response_as_dict === false;
  return {
    content: {
      json: asList ? entries.map(([provider, entry]) => ({ provider, ...entry })) : Object.fromEntries(entries),
    },
  };
}
