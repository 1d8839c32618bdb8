import type { Meter } from '@eden-cost/core';
import OpenAI from 'openai';
import PQueue from 'p-queue';

/** Eden AI, with no more than a few calls at a time over all jobs. */
export class Eden {
  readonly openai: OpenAI;
  readonly #calls = new PQueue({ concurrency: 2 });

  constructor(
    private readonly baseUrl: string,
    private readonly apiKey: string,
    private readonly meter: Meter,
  ) {
    this.openai = new OpenAI({ baseURL: baseUrl, apiKey });
  }

  /**
   * A queue runs a waiting task in the async context of the task that ended before it, which may be another tenant's.
   * `meter.bind` keeps the scope of the job that asks: without it, this tenant's call is on that tenant's bill.
   */
  inTurn<T>(call: () => Promise<T>): Promise<T> {
    return this.#calls.add(this.meter.bind(call));
  }

  /** For what the openai client has no method for. */
  async request<T>(path: string, body?: object): Promise<T> {
    const response = await fetch(this.baseUrl + path, {
      headers: { authorization: `Bearer ${this.apiKey}`, 'content-type': 'application/json' },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`Eden AI answered ${response.status} to ${path}`);
    return (await response.json()) as T;
  }
}
