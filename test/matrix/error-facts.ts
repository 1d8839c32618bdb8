import { PaymentRequiredError } from '@eden-cost/core';

/** What can be told of an error over the border of a process. */
export interface ErrorFacts {
  readonly name: string;
  readonly class: string;
  readonly message: string;
  readonly status?: number;
  readonly code?: string;
  readonly isTyped: boolean;
}

interface AnyError extends Error {
  readonly status?: number;
  readonly statusCode?: number;
  readonly code?: string;
  readonly response?: { readonly status?: number; readonly statusCode?: number };
}

/** A client's own words may name the server that it asked. */
export function factsOf(error: unknown): ErrorFacts {
  const { name, message, status, statusCode, code, response } = error as AnyError;
  return {
    name,
    class: (error as Error).constructor.name,
    message: message.replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, ''),
    status: status ?? statusCode ?? response?.status ?? response?.statusCode,
    code,
    isTyped: error instanceof PaymentRequiredError,
  };
}
