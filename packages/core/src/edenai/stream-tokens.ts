import type { Family } from './classify.js';
import { readUsage, type TokenUsage } from './usage.js';

/** The tokens that one stream has counted so far. */
export class StreamTokens {
  usage: TokenUsage | undefined;
  /** The output was counted again, and was more. */
  grew = false;

  #counts: Record<string, unknown> = {};

  constructor(private readonly family: Family) {}

  /**
   * An Anthropic stream counts the input in `message_start`, with a placeholder for the output, and the output,
   * cumulatively, in `message_delta`, where gateways repeat the input as 0. Of the other shapes the last count is the whole
   * one.
   *
   * @returns false when there was no count
   */
  add(value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false;
    const before = this.family === 'anthropic' ? this.#counts : {};
    const more = Object.entries(value).filter(
      ([key, count]) => count !== null && !(Number(before[key]) > Number(count)),
    );
    this.#counts = { ...before, ...Object.fromEntries(more) };
    const usage = readUsage(this.#counts);
    if (usage === undefined) return true;
    this.grew ||= this.usage !== undefined && usage.outputTokens > this.usage.outputTokens;
    this.usage = usage;
    return true;
  }
}
