/** What a model's tokens cost, in nano-USD per token; may be fractional (8.33e-08 USD are 83.3 nanos). */
export interface Rate {
  readonly inputNanosPerToken: number;
  /** Absent where the model has no output (embeddings). */
  readonly outputNanosPerToken?: number;
  /** Input that the provider reads from its prompt cache. */
  readonly cacheReadNanosPerToken?: number;
  /** Input that the provider writes to its prompt cache. */
  readonly cacheWriteNanosPerToken?: number;
}

/** Price per token, by model. */
export interface RateCard {
  /** The rate of a model as requests and answers spell it; for a bare name, the dearest of its endpoints. */
  rate(model: string): Rate | undefined;
  /** The rate of the one endpoint with this id. */
  exact(id: string): Rate | undefined;
}
