import type { Call } from './call.js';
import { askForUsage } from './edenai/stream-usage.js';

/** Some gateways answer 400 or 422 to a request for a stream's usage. */
export const REFUSED_USAGE = new Set([400, 422]);

const REMEMBERED = 1_000;

/** Asks streamed chats for their usage, without which a stream has no cost, and remembers who would not hear of it. */
export class StreamUsage {
  readonly #refused = new Set<string>();

  constructor(private readonly option: 'ask' | 'leave') {}

  /** The request's body with the question in it; `undefined`: it is not asked. */
  ask(call: Call): Buffer | undefined {
    const { kind, facts, request } = call;
    if (this.option === 'leave' || kind.operation !== 'chat' || !facts.stream || request.body === undefined) {
      return undefined;
    }
    return this.#refused.has(key(call)) ? undefined : askForUsage(request.body);
  }

  /** The call was refused with the question, and answered without it. */
  refused(call: Call): void {
    if (this.#refused.size >= REMEMBERED) this.#refused.clear();
    this.#refused.add(key(call));
  }
}

const key = ({ request, facts }: Call): string => `${request.origin} ${facts.model ?? ''}`;
