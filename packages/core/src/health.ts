import type { Parts } from './call.js';
import type { Clock } from './clock.js';
import type { CreditsHealth, Health } from './meter.js';
import type { Settings } from './options/settings.js';

/** A readiness probe waits no longer for a ledger that never answers. */
const DEADLINE_MS = 1_000;

/** How the meter is, for a readiness probe: asks the ledger for nothing, and spends nothing. */
export async function healthOf(parts: Parts, mode: Settings['mode'], amounts = false): Promise<Health> {
  const { ledger, clock, openCalls } = parts;
  const answers = await within(clock, DEADLINE_MS, async () => void (await ledger.balances([], clock.now())));
  const reachable = answers && (ledger.state ?? 'up') === 'up';
  return {
    status: mode === 'off' ? 'off' : reachable ? 'up' : 'degraded',
    mode,
    ledger: { name: ledger.name, reachable },
    credits: creditsHealth(parts, amounts),
    callsInFlight: openCalls.size,
  };
}

function creditsHealth({ credits, circuit }: Parts, amounts: boolean): CreditsHealth {
  const balance = amounts ? credits?.balance() : undefined;
  return {
    state: credits?.state ?? 'off',
    circuit: circuit.isOpen ? 'open' : 'closed',
    ...(balance && { balanceUsd: balance.usd }),
  };
}

/** Whether it was done in time. */
function within(clock: Clock, ms: number, task: () => Promise<void>): Promise<boolean> {
  return new Promise((resolve) => {
    const deadline = clock.after(ms, () => resolve(false), { keepAlive: true });
    const end = (done: boolean) => {
      deadline.cancel();
      resolve(done);
    };
    task().then(
      () => end(true),
      () => end(false),
    );
  });
}
