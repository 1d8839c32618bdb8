/** What a model is for: the list it appears in. */
export type ModelKind = 'chat' | 'embeddings' | 'images' | 'speech' | 'transcription' | 'moderation' | 'videos';

/** Prices in USD, by the names that `GET /v3/models` uses. */
export interface Pricing {
  input_cost_per_token?: number;
  output_cost_per_token?: number;
  cache_read_input_token_cost?: number;
  cache_creation_input_token_cost?: number;
  output_cost_per_image?: number;
  input_cost_per_character?: number;
  input_cost_per_second?: number;
  output_cost_per_second?: number;
  input_cost_per_request?: number;
}

/** A model that the stand-in sells. */
export interface StandInModel {
  /** `provider/model`. */
  id: string;
  pricing: Pricing;
  kind?: ModelKind;
  contextLength?: number;
  regions?: string[];
  aliasOf?: string;
}

/** Made-up but plausible prices. The first of each kind prices names that are not listed. */
export const MODELS: readonly StandInModel[] = [
  {
    id: 'openai/gpt-4o-mini',
    pricing: { input_cost_per_token: 1.5e-7, output_cost_per_token: 6e-7, cache_read_input_token_cost: 7.5e-8 },
  },
  {
    id: 'openai/gpt-4o',
    pricing: { input_cost_per_token: 2.5e-6, output_cost_per_token: 1e-5, cache_read_input_token_cost: 1.25e-6 },
  },
  {
    id: 'anthropic/claude-sonnet-4-5',
    contextLength: 200_000,
    pricing: {
      input_cost_per_token: 3e-6,
      output_cost_per_token: 1.5e-5,
      cache_read_input_token_cost: 3e-7,
      cache_creation_input_token_cost: 3.75e-6,
    },
  },
  {
    id: 'google/gemini-flash-latest',
    contextLength: 1_048_576,
    pricing: {
      input_cost_per_token: 1.5e-6,
      output_cost_per_token: 7.5e-6,
      cache_read_input_token_cost: 1.5e-7,
      cache_creation_input_token_cost: 8.33e-8,
    },
  },
  {
    id: 'mistral/mistral-small-latest',
    regions: ['eu'],
    pricing: { input_cost_per_token: 1e-7, output_cost_per_token: 3e-7 },
  },
  {
    id: 'fireworks_ai/accounts/fireworks/models/glm-5p3',
    regions: ['us'],
    pricing: { input_cost_per_token: 5.5e-7, output_cost_per_token: 2.19e-6 },
  },
  { id: 'openai/text-embedding-3-small', kind: 'embeddings', pricing: { input_cost_per_token: 2e-8 } },
  { id: 'openai/text-embedding-3-large', kind: 'embeddings', pricing: { input_cost_per_token: 1.3e-7 } },
  { id: 'openai/gpt-image-1', kind: 'images', pricing: { output_cost_per_image: 0.042 } },
  { id: 'openai/tts-1', kind: 'speech', pricing: { input_cost_per_character: 1.5e-5 } },
  { id: 'openai/whisper-1', kind: 'transcription', pricing: { input_cost_per_second: 0.0001 } },
  { id: 'openai/omni-moderation-latest', kind: 'moderation', pricing: { input_cost_per_request: 1e-5 } },
  { id: 'openai/sora-2', kind: 'videos', pricing: { output_cost_per_second: 0.1 } },
];
