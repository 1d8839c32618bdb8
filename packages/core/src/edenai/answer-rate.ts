import type { Rate, RateCard } from './rate.js';
import { normal, spellings } from './rate-card.js';

/** The model of a call, as the request and the answer spell it. */
export interface AnsweredModel {
  readonly asked?: string | undefined;
  readonly answered?: string | undefined;
  readonly provider?: string | undefined;
}

/**
 * The rate that an answer's tokens are billed at: of the endpoint that answered, as far as the answer tells. Many write a
 * model's bare name, which on the card stands for the dearest of its endpoints.
 */
export function answerRate(card: RateCard, { asked = '', answered = '', provider }: AnsweredModel): Rate | undefined {
  return (
    card.exact(answered) ??
    card.exact(`${provider}/${answered}`) ??
    (isBareNameOf(asked, answered) ? card.rate(asked) : undefined) ??
    card.rate(answered) ??
    card.rate(asked)
  );
}

/** `gemini-flash` is the bare name of `google/gemini-flash`, and of `google/gemini-flash:latency@eu`. */
function isBareNameOf(model: string, name: string): boolean {
  const withoutProvider = normal(model).replace(/^[^/]*\//, '');
  return [...spellings(withoutProvider)].includes(normal(name));
}
