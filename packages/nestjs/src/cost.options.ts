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
  /** Lets go of the meter, which is closed with the last module that uses it. */
  release(): Promise<void>;
}
