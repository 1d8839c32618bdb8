import { surfaceError } from '@eden-cost/core';
import type { RequestState } from './request-state.js';

/** The error of the denial that is behind an error; any other stays what it is. */
export const typed = ({ open }: RequestState, error: unknown): unknown =>
  open === undefined ? error : (surfaceError(error, open.status) ?? error);
