import { OptionsError } from './errors.js';
import type { Gate } from './gate.js';
import { install, patchGlobalDispatchers, patchLoadedCopies } from './intercept/install.js';
import type { UnmeteredCall } from './intercept/unmetered.js';

/** What a meter has in place in its process: its own patches, if it intercepts, and those of the adapters. */
export class Interception {
  #undo: (() => boolean) | undefined;
  #hasSeenScope = false;
  #isOver = false;
  readonly #undoOfAdapters: (() => boolean)[] = [];

  constructor(private readonly gate: Gate) {}

  install(tellUnmetered: (call: UnmeteredCall) => void): void {
    this.#undo = install(this.gate, tellUnmetered);
  }

  /** False when a patch had to stay, inert, because somebody wrapped it after us. */
  uninstall(): boolean {
    this.gate.close();
    const undo = this.#undo;
    this.#undo = undefined;
    this.#isOver = true;
    const adapters = this.#undoOfAdapters.splice(0).map((one) => one());
    return (undo?.() ?? true) && adapters.every(Boolean);
  }

  /** With it goes a patch of an adapter's. */
  undoWith(undo: () => boolean): void {
    if (!this.#isOver) this.#undoOfAdapters.push(undo);
    else undo(); // an app goes on answering requests after its meter was closed
  }

  /** What the app loaded, or set as its global dispatcher, since the last scope was opened. */
  scopeOpened(): void {
    if (this.#undo === undefined) return;
    patchGlobalDispatchers(this.gate);
    if (!this.#hasSeenScope) patchLoadedCopies(this.gate);
    this.#hasSeenScope = true;
  }

  /** @throws {OptionsError} `ERR_COST_OPTIONS` for what is not the undici module */
  instrument(undici: unknown): void {
    const { Agent } = (undici ?? {}) as { Agent?: abstract new () => object };
    if (typeof Agent !== 'function') {
      throw new OptionsError("instrument() takes the undici module: meter.instrument(await import('undici'))");
    }
    if (this.#undo !== undefined) this.gate.undici.patch(Object.create(Agent.prototype));
  }
}
