import { setTimeout as sleep } from 'node:timers/promises';
import { type Meter, meterInProcess, OptionsError } from '@eden-cost/core';
import type { ApplicationConfig } from '@nestjs/core';
import { CostInterceptor } from './cost.interceptor.js';

/** On the meter, where another copy of this package finds it. */
const USES = Symbol.for('@eden-cost/nestjs:uses');

type UsedMeter = Meter & { [USES]?: Set<MeterUse> };

/** How often, and how long each time, an app that is starting is waited for before it counts as failed. */
const WAIT = { times: 50, ms: 20 };

/**
 * One module's use of a meter. A meter that a module made goes on until the last of its modules has let go of it; one that
 * the app made itself is the app's to close.
 */
export class MeterUse {
  readonly #uses: Set<MeterUse> | undefined;
  #state: 'made' | 'starting' | 'started' | 'replaced' = 'made';

  constructor(
    private readonly meter: UsedMeter,
    isNew: boolean,
    private readonly app: ApplicationConfig,
  ) {
    if (isNew) Object.defineProperty(meter, USES, { value: new Set() });
    this.#uses = meter[USES]?.add(this);
  }

  /** True as well for an app that is slow to start: Nest tells nobody of a start that failed. */
  mayHaveFailed(): boolean {
    // in between, an app may be left as long as it likes: it has global interceptors once it is made
    return this.#state === 'starting' || (this.#state === 'made' && !this.#isAppMade());
  }

  isOf(app: ApplicationConfig): boolean {
    return this.app === app;
  }

  starts(): void {
    if (this.#state === 'made') this.#state = 'starting';
  }

  /** @throws {OptionsError} `ERR_COST_OPTIONS` for an app that was taken for one that had failed */
  started(): void {
    if (this.#state === 'replaced') {
      throw new OptionsError(
        'Another app with a CostModule was made while this one was starting, and took it for one that had failed: ' +
          'start one after the other',
      );
    }
    this.#state = 'started';
  }

  replaced(): void {
    this.#state = 'replaced';
  }

  async release(): Promise<void> {
    if (this.#uses?.delete(this) && this.#uses.size === 0) await this.meter.close();
  }

  #isAppMade(): boolean {
    return this.app.getGlobalInterceptors().some((one) => one instanceof CostInterceptor);
  }
}

/** Closes the meter of apps that failed to start, so that this app has its own. */
export async function closeAbandoned(app: ApplicationConfig): Promise<void> {
  const meter: UsedMeter | undefined = meterInProcess();
  const uses = meter?.[USES];
  if (meter === undefined || uses === undefined) return;
  for (let waited = 0; waited < WAIT.times && uses.size > 0; waited += 1) {
    if ([...uses].some((use) => use.isOf(app) || !use.mayHaveFailed())) return;
    await sleep(WAIT.ms);
  }
  for (const use of uses) use.replaced();
  uses.clear();
  await meter.close();
}
