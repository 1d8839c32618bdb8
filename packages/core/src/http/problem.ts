import { STATUS_CODES } from 'node:http';
import type { DenialError } from '../denial.js';

/** An RFC 9457 problem. Nothing in it is private: no budget, amount, limit or label. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
}

export const PROBLEM_TYPE = 'application/problem+json';

/** For adapters: what a handler may have set for a body that it then did not get to send. */
export const BODY_HEADERS: readonly string[] = [
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-range',
  'content-type',
  'etag',
  'last-modified',
];

/** @param error as `surfaceError` made it */
export function toProblem(error: DenialError): Problem {
  return {
    type: `urn:eden-cost:${error.code
      .replace(/^ERR_COST_/, '')
      .toLowerCase()
      .replaceAll('_', '-')}`,
    title: STATUS_CODES[error.status] ?? 'Payment Required',
    status: error.status,
    code: error.code,
  };
}
