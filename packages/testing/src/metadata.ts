import { askedModel, type Call } from './call.js';
import { echoedModel, providerOf } from './naming.js';

const REGION = 'eu';

function strategyOf(asked: string): string {
  if (asked === '@edenai') return 'auto';
  return asked.includes('/') ? 'direct' : 'routed';
}

const isWanted = ({ options, request, cached }: Call): boolean =>
  !cached && (options.metadata ?? request.headers['x-edenai-metadata'] === 'enabled');

/** The `edenai_metadata` block as a spreadable object: empty when the request did not ask for it. */
export function metadataOf(call: Call, status = 200): { edenai_metadata?: Record<string, unknown> } {
  if (!isWanted(call)) return {};
  const requested = askedModel(call) ?? '@edenai';
  const provider = providerOf(call);
  return {
    edenai_metadata: {
      requested,
      strategy: strategyOf(requested),
      region: REGION,
      summary: `attempt 1 (${provider}): ${status}`,
      attempt: 1,
      is_byok: call.options.byok ?? false,
      endpoints: { total: 1, available: 1 },
      attempts: [{ provider, model: echoedModel(call), status, region: REGION }],
      tags: call.tags,
    },
  };
}
