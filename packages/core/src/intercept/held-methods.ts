import type { ClientRequest } from 'node:http';

/** What an app does with a request, and what is kept back while it is held. */
export type HeldMethods = Pick<ClientRequest, 'write' | 'end' | 'flushHeaders' | 'destroy'>;

export function assignMethods(request: ClientRequest, { write, end, flushHeaders, destroy }: HeldMethods): void {
  request.write = write;
  request.end = end;
  request.flushHeaders = flushHeaders;
  request.destroy = destroy;
}
