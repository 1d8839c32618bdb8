import { OptionsError } from './errors.js';
import type { Events } from './events.js';
import type { Ledger } from './ledger/ledger.js';
import { MemoryLedger, memoryLedger } from './ledger/memory-ledger.js';
import { GuardedLedger } from './ledger-guard/guarded-ledger.js';
import type { MeterLedger } from './ledger-guard/meter-ledger.js';
import { formatUsd } from './money.js';
import type { Settings } from './options/settings.js';

/** The ledger that a meter works with. One in memory is always there; any other may be down, and gets a guard. */
export function ledgerOf(settings: Settings, events: Events): MeterLedger {
  const { ledger, clock, maxAccounts } = settings;
  if (ledger === undefined) return memoryLedger({ clock });
  if (isInMemory(ledger)) return ledger;
  return new GuardedLedger(ledger, {
    clock,
    maxAccounts,
    listener: {
      changed: (event) => events.emit('ledger', event),
      mistaken: (cause) =>
        events.emit('error', {
          ...(cause instanceof OptionsError
            ? { problem: 'ledger-options', message: `The ledger is not set up right for a call: ${cause.message}` }
            : { problem: 'ledger', message: 'The ledger works, and cannot do what a call needs: see the cause' }),
          cause,
        }),
      dropped: (count, amount, cause) =>
        events.emit('error', {
          problem: 'ledger-dropped',
          message: `The ledger was not told of ${count} ${count === 1 ? 'call' : 'calls'}: what that cost, ${formatUsd(amount)} USD, is not on any budget`,
          amount,
          cause,
        }),
    },
  });
}

/** With methods of another, it may be anything. */
const isInMemory = (ledger: Ledger): ledger is MemoryLedger =>
  ledger instanceof MemoryLedger && ledger.reserveOrWait === MemoryLedger.prototype.reserveOrWait;
