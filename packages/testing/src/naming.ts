import { askedModel, type Call } from './call.js';
import type { Family } from './error-bodies.js';

interface Naming {
  /** The model as the answer echoes it. */
  readonly model: (call: Call) => string;
  readonly provider: (call: Call) => string;
}

const DEFAULT_FEATURE = 'ocr/financial_parser/mindee';

/** The providers that a v2 call names. */
export function v2Providers({ body }: Call): string[] {
  const named = Array.isArray(body.providers) ? body.providers.map(String) : String(body.providers ?? '').split(',');
  const providers = named.map((name) => name.trim()).filter((name) => name !== '');
  return providers.length > 0 ? providers : ['openai'];
}

const segment = (name: string, index: number): string => name.split('/')[index] ?? '';

const BY_MODEL: Naming = {
  model: (call) => call.site.catalogue.echo(askedModel(call), call.route.kind),
  provider: (call) => segment(echoedModel(call), 0),
};

const NAMING: Partial<Record<Family, Naming>> = {
  universal: {
    model: (call) => askedModel(call) ?? DEFAULT_FEATURE,
    provider: (call) => segment(echoedModel(call), 2),
  },
  v2: {
    model: ({ params }) => `${params.feature}/${params.subfeature}`,
    provider: (call) => v2Providers(call).join(','),
  },
};

const namingOf = ({ route }: Call): Naming => NAMING[route.family] ?? BY_MODEL;

export const echoedModel = (call: Call): string => call.options.model ?? namingOf(call).model(call);

export const providerOf = (call: Call): string => call.options.provider ?? namingOf(call).provider(call);

/** `feature/subfeature/provider[/model]`, as Universal AI answers it. */
export const featureOf = (model: string): { feature: string; subfeature: string } => ({
  feature: segment(model, 0),
  subfeature: segment(model, 1),
});

/** What a consumption report calls a call: as its endpoint says, else by its model. */
export const reportedFeature = (reportedAs: string | undefined, model: string): string =>
  reportedAs ?? (model.includes('/') ? `${segment(model, 0)}__${segment(model, 1)}` : 'unknown');
