import type { IncomingHttpHeaders } from 'node:http';
import type { Operation } from '@eden-cost/core';
import type { Refill } from './credits.js';
import type { HeldKey } from './keys.js';
import { type Nanos, nanosToUsd } from './money.js';
import type { ReceivedRequest } from './request.js';

/** One call that Eden AI has billed, for 0 when it was cached, failed, or paid with a key of one's own. */
export interface BookedCharge {
  readonly id: string;
  readonly at: number;
  readonly requestId: string;
  readonly path: string;
  readonly operation: Operation;
  readonly model: string;
  readonly provider: string;
  /** What a consumption report calls it: `text__chat`. */
  readonly feature: string;
  /** What was billed: integer nano-USD. */
  readonly nanos: Nanos;
  /** What the answer says; differs from `nanos` for a BYOK call. */
  readonly toldNanos: Nanos;
  /** The cost as the whole answer writes it; none where the answer does not say it. */
  readonly rawCost?: string;
  /** The id of the key, or the key itself where the server was started without keys. */
  readonly key?: string;
  readonly streamed: boolean;
  readonly cached: boolean;
  readonly byok: boolean;
  readonly jobId?: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** A charge that may still come: all but its number and its moment. */
export interface ChargeFacts extends Omit<BookedCharge, 'id' | 'at'> {
  readonly heldKey: HeldKey | undefined;
}

/** A charge that no request here made: another app of the same account. */
export interface SpentElsewhere {
  /** Default `'chat'`. */
  operation?: Operation;
  /** Default `openai/gpt-4o`. */
  model?: string;
  /** Default: the first part of the model's name. */
  provider?: string;
}

/** One request as it arrived, and what became of it. */
export interface RequestRecord {
  readonly id: string;
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed; not kept above 1 MiB. */
  readonly body: unknown;
  /** As it was sent; not kept above 1 MiB. */
  readonly bodyText: string | undefined;
  readonly bodyLength: number;
  /** None while the headers have not been sent. */
  readonly status?: number;
  /** Bytes of the (encoded) body that were handed to the socket. */
  readonly bytesSent: number;
  readonly outcome: 'open' | 'complete' | 'cut' | 'aborted';
  /** What was billed for it, if anything. */
  readonly nanos?: Nanos;
}

/** What Eden AI knows: the truth that a meter is compared with. */
export interface Books {
  readonly totalNanos: Nanos;
  readonly totalUsd: number;
  readonly charges: readonly BookedCharge[];
  /** All requests received, billed or not. */
  readonly requests: number;
  readonly requestsByPath: Readonly<Record<string, number>>;
  /** None without a balance. */
  readonly balanceUsd?: number;
  readonly balanceNanos?: Nanos;
  readonly refills: readonly Refill[];
}

const KEPT_BODY = 1024 * 1024;

/** A record while its exchange goes on. */
export type OpenRecord = { -readonly [K in keyof RequestRecord]: RequestRecord[K] };

/** The record of all requests and charges. */
export class BookKeeper {
  #charges: BookedCharge[] = [];
  #log: OpenRecord[] = [];
  #count = 0;
  #byPath = new Map<string, number>();

  constructor(private readonly logSize: number) {}

  receive(request: ReceivedRequest): OpenRecord {
    const { id, at, method, path, query, headers, bodyBytes } = request;
    const kept = bodyBytes.length <= KEPT_BODY;
    const record: OpenRecord = {
      ...{ id, at, method, path, headers, query: query.toString(), bodyLength: bodyBytes.length },
      ...{ body: kept ? request.body : undefined, bodyText: kept ? bodyBytes.toString() : undefined },
      ...{ bytesSent: 0, outcome: 'open' },
    };
    this.#count += 1;
    this.#byPath.set(path, (this.#byPath.get(path) ?? 0) + 1);
    this.#log.push(record);
    if (this.#log.length > this.logSize) this.#log.shift();
    return record;
  }

  book(charge: Omit<BookedCharge, 'id'>): BookedCharge {
    const booked = { id: `charge-${this.#charges.length + 1}`, ...charge };
    this.#charges.push(booked);
    return booked;
  }

  get charges(): readonly BookedCharge[] {
    return this.#charges;
  }

  get requests(): number {
    return this.#count;
  }

  log(): RequestRecord[] {
    return this.#log.map((record) => ({ ...record }));
  }

  snapshot(balance: Nanos | undefined, refills: readonly Refill[]): Books {
    const totalNanos = this.#charges.reduce((sum, { nanos }) => sum + nanos, 0);
    return {
      totalNanos,
      totalUsd: nanosToUsd(totalNanos),
      charges: [...this.#charges],
      requests: this.#count,
      requestsByPath: Object.fromEntries(this.#byPath),
      ...(balance !== undefined && { balanceNanos: balance, balanceUsd: nanosToUsd(balance) }),
      refills: [...refills],
    };
  }

  clear(): void {
    this.#charges = [];
    this.#log = [];
    this.#count = 0;
    this.#byPath.clear();
  }
}
