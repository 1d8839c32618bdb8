import { CostError, type DenialError, type DenialStatus, surfaceError } from '@eden-cost/core';
import { HttpException } from '@nestjs/common';
import { PaymentRequiredException } from './payment-required.exception.js';

/** Nest 12 makes an `HttpException` of an error with a status, if a middleware or a stream raises it. */
const asRaised = (error: unknown): unknown =>
  error instanceof HttpException && error.cause instanceof CostError && error.message === error.cause.message
    ? error.cause
    : error;

/** The typed error of the denial that is behind an error of any client; `undefined` when there is none. */
export const denialBehind = (error: unknown, status?: DenialStatus): DenialError | undefined =>
  surfaceError(asRaised(error), status);

/**
 * What the filter is for. Nest asks by `instanceof`, so that other filters, and Nest's own, never see these in their way.
 */
export abstract class Denied extends Error {
  static override [Symbol.hasInstance](error: unknown): boolean {
    return error instanceof PaymentRequiredException || denialBehind(error) !== undefined;
  }
}
