import type { AdapterOptions, ConfiguredAdapter, LabelValue } from '@eden-cost/core';
import type { ExecutionContext } from '@nestjs/common';

/** @param request as `CostAdapter.requestOf()` finds it; `undefined` for a message */
export type RequestLabels = (
  context: ExecutionContext,
  // biome-ignore lint/suspicious/noExplicitAny: as Nest's own getRequest() gives it, on either platform
  request: any,
) => Record<string, LabelValue>;

/** Options of `CostModule.forRoot()`: the meter's, `labels`, `status` and `problemJson`. */
export interface CostModuleOptions extends Omit<AdapterOptions<ExecutionContext>, 'labels'> {
  /**
   * What a request's calls are attributed to: `(context, request) => ({ tenant: request?.user?.tenantId })`. The request is
   * Express's or Fastify's, also in GraphQL. Read after all guards.
   */
  labels?: RequestLabels;
  /** Answers denials as `application/problem+json` (RFC 9457). Default false: as `application/json`, with the same fields. */
  problemJson?: boolean;
}

/** What the class of `CostModule.forRootAsync({ useClass })`, or of `useExisting`, has to have. */
export interface CostOptionsFactory {
  createCostOptions(): CostModuleOptions | Promise<CostModuleOptions>;
}

/** The module's options, checked, and the meter that they belong to. */
export interface CostConfig extends Omit<ConfiguredAdapter<ExecutionContext>, 'labels'> {
  readonly labels: RequestLabels | undefined;
  readonly problemJson: boolean;
  /** Rejects when the ledger cannot work as it is set up. */
  readonly working: Promise<void>;
  /** This module's use of the meter, which is closed with the last module that uses it. */
  readonly use: { starts(): void; started(): void; release(): Promise<void> };
}
