import type { IncomingHttpHeaders } from 'node:http';
import { type Nanos, usdToNanos } from './money.js';
import { Refusal } from './refusal.js';

/** A key that the stand-in accepts. */
export interface StandInKey {
  key: string;
  /** The name of the key in `/v3/manage/keys/{id}` and in consumption reports. Default `key-1`, `key-2`... */
  id?: string;
  /** The key's own budget; at 0 the key stops with 402. Default: none. */
  balanceUsd?: number;
  /** Answers in the real shape and costs nothing. */
  sandbox?: boolean;
  /** Only for `/v3/manage/*`; no other key may call that. */
  management?: boolean;
}

/** Who may call an endpoint. */
export type Access = 'anyone' | 'key' | 'management';

/** A key and what is left on it. */
export interface HeldKey {
  readonly key: string;
  readonly id: string;
  readonly sandbox: boolean;
  readonly management: boolean;
  readonly initial: Nanos | undefined;
  balance: Nanos | undefined;
}

const hold = (given: string | StandInKey, index: number): HeldKey => {
  const { key, id, balanceUsd, sandbox, management } =
    typeof given === 'string' ? ({ key: given } as StandInKey) : given;
  const initial = balanceUsd === undefined ? undefined : usdToNanos(balanceUsd, 'balanceUsd');
  return {
    key,
    id: id ?? `key-${index + 1}`,
    sandbox: sandbox ?? false,
    management: management ?? false,
    initial,
    balance: initial,
  };
};

/** The key that a request shows: `Authorization: Bearer`, or `x-api-key` as Anthropic's clients send it. */
export const shownKey = (headers: IncomingHttpHeaders): string | undefined =>
  /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? headers['x-api-key']?.toString();

/** The keys of the account. Without any, no key is asked for. */
export class KeyRing {
  readonly held: readonly HeldKey[];

  constructor(keys: readonly (string | StandInKey)[] = []) {
    this.held = keys.map(hold);
  }

  /** The key with which a request may call an endpoint; otherwise 401, or 403 for the wrong kind of key. */
  authorise(headers: IncomingHttpHeaders, access: Access): HeldKey | undefined {
    if (this.held.length === 0 || access === 'anyone') return undefined;
    const shown = shownKey(headers);
    const key = this.held.find((held) => held.key === shown);
    if (!key) throw new Refusal(401, 'Invalid token', 'detail');
    if (key.management !== (access === 'management')) throw new Refusal(403, 'Invalid token', 'detail');
    return key;
  }

  byId(id: string): HeldKey | undefined {
    return this.held.find((held) => held.id === id);
  }

  reset(): void {
    for (const held of this.held) held.balance = held.initial;
  }
}
