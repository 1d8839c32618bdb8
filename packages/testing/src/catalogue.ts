import { MODELS, type ModelKind, type StandInModel } from './models.js';

const plain = (name: string): string => name.replace(/[@:][^/]*$/, '');
const nameOf = (id: string): string => id.slice(id.indexOf('/') + 1);

/** The models on sale. */
export class Catalogue {
  readonly models: readonly StandInModel[];

  constructor(more: readonly StandInModel[] = []) {
    this.models = [...more, ...MODELS.filter(({ id }) => !more.some((model) => model.id === id))];
  }

  ofKind(kind: ModelKind): StandInModel[] {
    return this.models.filter((model) => (model.kind ?? 'chat') === kind);
  }

  /** The model behind a name: `provider/model`, a bare name, `name:latency`, `name@eu`. An unknown one costs as the first of its kind. */
  find(name: string | undefined, kind: ModelKind): StandInModel {
    const wanted = plain(name ?? '');
    const found =
      this.models.find(({ id }) => id === wanted || id === name) ?? this.models.find(({ id }) => nameOf(id) === wanted);
    const [first] = this.ofKind(kind);
    return found ?? (first as StandInModel);
  }

  /** The name as an answer echoes it: a routed name becomes its `provider/model`, an unknown one stays. */
  echo(name: string | undefined, kind: ModelKind): string {
    const model = this.find(name, kind);
    const known = name === undefined || [model.id, nameOf(model.id)].includes(plain(name)) || name.startsWith('@');
    return known ? model.id : plain(name);
  }

  /** An entry as `GET /v3/models` writes it. */
  entry(model: StandInModel): Record<string, unknown> {
    return {
      id: model.id,
      object: 'model',
      owned_by: model.id.split('/')[0],
      model_name: nameOf(model.id),
      context_length: model.contextLength ?? 128_000,
      capabilities: { input_modalities: ['text'], output_modalities: [model.kind ?? 'text'] },
      pricing: model.pricing,
      regions: model.regions ?? ['eu', 'us'],
      alias_of: model.aliasOf ?? null,
    };
  }
}
