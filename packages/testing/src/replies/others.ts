import { type Call, type PricedCall, type Reply, seconds } from '../call.js';
import { isRecord } from '../json.js';
import { echoedModel } from '../naming.js';
import { priced } from './priced.js';

/** `POST /v3/moderations`. */
export function moderationReply(call: PricedCall): Reply {
  const result = { flagged: false, categories: { violence: false }, category_scores: { violence: 0.0001 } };
  const json = priced(call, { id: `modr-${call.request.id}`, model: echoedModel(call), results: [result] });
  return { content: { json } };
}

/** `POST /v3/alpha/decisions`. */
export const decisionReply = (call: PricedCall): Reply => ({
  content: { json: priced(call, { id: `decision-${call.request.id}`, decision: 'yes', confidence: 0.9 }) },
});

/** Any other endpoint: the body of Eden AI's page on credits, word for word. */
export function otherReply(call: PricedCall): Reply {
  const { extra } = call.options;
  if (extra) return { content: { json: priced(call, { results: { '...': '...' } }) } };
  const cost = call.cost.written.json?.text;
  return { content: { text: `{"results": {"...": "..."}${cost === undefined ? '' : `, "cost": ${cost}`}}` } };
}

/** `POST /v3/upload`: free. */
export function uploadReply(call: Call): Reply {
  const file = isRecord(call.body.file) ? call.body.file : {};
  const json = { file_id: `file-${call.request.id}`, ...file, created_at: seconds(call) };
  return { content: { json } };
}

/** `DELETE` of anything: free. */
export const deletedReply = ({ params }: Call): Reply => ({ content: { json: { deleted: true, path: params.rest } } });
