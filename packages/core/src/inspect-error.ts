/** What `util.inspect()` asks of a value, and with it every console: Express 5.3 prints what nobody answers. */
export const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** `util.inspect()`, which hands itself over: it is not there in every runtime. */
export type Inspect = (value: unknown, options: object) => string;

/**
 * An error with all that it says itself, and with its cause by name and status alone: a client's own error has the request
 * in it, and with that the key.
 */
export function inspectError(error: Error, options: object, inspect: Inspect): string {
  const { name: _, ...fields } = error;
  const { cause } = error;
  const shown = { ...fields, ...(cause !== undefined && { cause: nameOf(cause) }) };
  return `${error.stack ?? error} ${inspect(shown, options)}`;
}

function nameOf(cause: unknown): string {
  if (!(cause instanceof Error)) return typeof cause;
  const { status, statusCode = status } = cause as { status?: unknown; statusCode?: unknown };
  const name = cause.name === 'Error' ? cause.constructor.name : cause.name;
  return typeof statusCode === 'number' ? `${name} ${statusCode}` : name;
}
