import type { AdapterOptions, ConfiguredAdapter } from '@eden-cost/core';
import type { ExecutionContext } from '@nestjs/common';

/** Options of `CostModule.forRoot()`: the meter's, `labels`, `status` and `problemJson`. */
export interface CostModuleOptions extends AdapterOptions<ExecutionContext> {
  /** Answers denials as `application/problem+json` (RFC 9457). Default false: as `application/json`, with the same fields. */
  problemJson?: boolean;
}

/** What the class of `CostModule.forRootAsync({ useClass })`, or of `useExisting`, has to have. */
export interface CostOptionsFactory {
  createCostOptions(): CostModuleOptions | Promise<CostModuleOptions>;
}

/** The module's options, checked, and the meter that they belong to. */
export interface CostConfig extends ConfiguredAdapter<ExecutionContext> {
  readonly problemJson: boolean;
  /** False when the process had its meter already: then it is not this module's to close. */
  readonly ownsMeter: boolean;
  /** False when the options name where lines go: then a request's own logger does not come before it. */
  readonly requestLogger: boolean;
}
