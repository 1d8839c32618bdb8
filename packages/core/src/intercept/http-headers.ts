import type { ClientRequest } from 'node:http';
import type { HeaderLookup } from '../exchange.js';

/** Node keeps the headers of a request that got them as an array only as the text that it will send. */
interface WrittenRequest extends ClientRequest {
  _header?: string | null;
}

/** Looks up a header of a request, whichever way it was set. */
export function headerOf(request: ClientRequest): HeaderLookup {
  return (name) => {
    const value = request.getHeader(name);
    if (value !== undefined) return String(value);
    const written = (request as WrittenRequest)._header;
    return written ? new RegExp(`^${name}: *(.*)$`, 'im').exec(written)?.[1] : undefined;
  };
}
