import http from 'node:http';
import { warnOnce } from '../log/warnings.js';
import { isReplaceable } from './patch.js';
import { dispatcherBase, globalDispatchers } from './undici-dispatchers.js';

interface Slot {
  readonly name: string;
  readonly key: string;
  readonly owner: () => object | undefined;
  /** What does not work while it is not replaced. */
  readonly lost: string;
}

const SLOTS: readonly Slot[] = [
  {
    name: 'the dispatch method of undici',
    key: 'dispatch',
    owner: undiciBase,
    lost: 'calls over fetch and undici are not metered',
  },
  {
    name: 'http.Agent.prototype.addRequest',
    key: 'addRequest',
    owner: () => http.Agent.prototype,
    lost: 'calls over node:http are not metered',
  },
  {
    name: 'http.ClientRequest.prototype._storeHeader',
    key: '_storeHeader',
    owner: () => http.ClientRequest.prototype,
    lost: 'calls over node:http with an agent or a connection of their own are not metered',
  },
  {
    name: 'globalThis.fetch',
    key: 'fetch',
    owner: () => globalThis,
    lost: 'a plain fetch answers a 402 and does not reject on it',
  },
];

function undiciBase(): object | undefined {
  const [dispatcher] = globalDispatchers();
  return dispatcher && dispatcherBase(dispatcher);
}

/** A hardened process freezes what could be replaced; whether it does so before the meter is made is not for us to say. */
export function warnOfFrozenSlots(): void {
  const frozen = SLOTS.filter(({ key, owner }) => {
    const object = owner();
    return object !== undefined && !isReplaceable(object, key);
  });
  if (frozen.length === 0) return;
  const each = frozen.map(({ name, lost }) => `${name} (${lost})`);
  warnOnce(
    'WARN_COST_FROZEN',
    `Frozen, and so not replaced: ${each.join(', ')}. Make the meter before they are frozen, or give your clients meter.fetch`,
  );
}
