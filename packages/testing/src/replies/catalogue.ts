import type { Call, Reply } from '../call.js';
import type { StandInModel } from '../models.js';

const list = (data: unknown[]): Reply => ({ content: { json: { object: 'list', data } } });

function byRoutableName({ site }: Call, models: readonly StandInModel[]): unknown[] {
  const groups = new Map<unknown, unknown[]>();
  for (const entry of models.map((model) => site.catalogue.entry(model))) {
    groups.set(entry.model_name, [...(groups.get(entry.model_name) ?? []), entry]);
  }
  return [...groups].map(([id, endpoints]) => ({ id, object: 'model', endpoints }));
}

/** `GET /v3/models` and its variants: public and free; `?view=models` groups by routable name. */
export function modelsReply(call: Call): Reply {
  const { catalogue } = call.site;
  const models = catalogue.ofKind(call.route.kind);
  if (call.request.query.get('view') === 'models') return list(byRoutableName(call, models));
  return list(models.map((model) => catalogue.entry(model)));
}

/** `GET /v3/info/{feature}/{subfeature}`: the prices of a Universal AI feature. */
export function infoReply({ params }: Call): Reply {
  const { feature, subfeature } = params;
  const pricing = { price: 0.01, price_unit_quantity: 1, price_unit_type: 'page' };
  const models = ['mindee', 'google'].map((provider) => ({
    model: `${feature}/${subfeature}/${provider}`,
    provider,
    pricing,
  }));
  return { content: { json: { feature, name: subfeature, fullname: `${feature}/${subfeature}`, models } } };
}

/** `GET /v3/info`: the features. */
export const featuresReply = (): Reply => ({
  content: { json: [{ name: 'ocr', subfeatures: [{ name: 'financial_parser' }] }] },
});
