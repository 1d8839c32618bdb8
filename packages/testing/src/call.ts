import type { Operation } from '@eden-cost/core';
import type { WrittenCost } from './cost.js';
import type { Family } from './error-bodies.js';
import { isRecord } from './json.js';
import type { Access, HeldKey } from './keys.js';
import type { ModelKind } from './models.js';
import type { Nanos } from './money.js';
import type { CostForm, ReplyOptions } from './reply-options.js';
import type { ReceivedRequest } from './request.js';
import type { Site } from './site.js';

/** One line of the table of routes. */
export interface Route {
  readonly method: string;
  /** `:name` is one segment, a `*` at the end the rest. */
  readonly path: string;
  readonly family: Family;
  readonly access: Access;
  readonly operation: Operation;
  /**
   * What a consumption report calls its calls. Default: `feature__subfeature`, of the model's name. Each endpoint says it
   * itself: taken from the meter, a name that the meter has wrong would be no difference between the two.
   */
  readonly reportedAs?: string;
  /** The list in which its models are found. */
  readonly kind: ModelKind;
  /** What a call costs. A route without a price is free. */
  readonly price?: (call: Call) => Nanos;
  /** Jobs are billed when they end. */
  readonly billedAtEnd?: boolean;
  readonly costAs?: CostForm;
  readonly reply: (call: PricedCall) => Reply;
}

/** A request that was let in. */
export interface Call {
  readonly site: Site;
  readonly route: Route;
  readonly request: ReceivedRequest;
  /** The request's body, if it is a JSON object or a form. */
  readonly body: Record<string, unknown>;
  readonly params: Readonly<Record<string, string>>;
  readonly options: ReplyOptions;
  readonly key: HeldKey | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly cached: boolean;
}

/** A call and its price. */
export interface PricedCall extends Call {
  readonly cost: { readonly nanos: Nanos; readonly written: WrittenCost };
}

/** One event of a stream. */
export interface StreamEvent {
  readonly event?: string;
  readonly data: unknown;
}

/** What is sent back. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** True when the answer does not say its cost. */
  readonly silent?: boolean;
  readonly content:
    | { readonly json: unknown }
    | { readonly text: string; readonly type?: string }
    | { readonly bytes: Buffer; readonly type: string; readonly chunked?: boolean }
    | { readonly events: readonly StreamEvent[] };
}

export const bodyOf = ({ body }: ReceivedRequest): Record<string, unknown> => (isRecord(body) ? body : {});

/** The model that the request names. */
export const askedModel = ({ body }: Call): string | undefined =>
  typeof body.model === 'string' && body.model !== '' ? body.model : undefined;

export const seconds = (call: Call): number => Math.floor(call.site.clock.now() / 1000);

export const isStreamed = ({ body }: Call): boolean => body.stream === true || body.stream === 'true';

/** A number in a body; forms hold it as text. */
export function numberIn(body: Record<string, unknown>, name: string, otherwise: number): number {
  const value = Number(body[name] ?? otherwise);
  return Number.isFinite(value) ? value : otherwise;
}
