import type { ClientRequest, RequestOptions } from 'node:http';
import { ESTIMATE_HEADER, type HeaderLookup } from '../exchange.js';

/**
 * Node's own, not documented. Headers that were given as an array exist only as the text that will be sent; so do all
 * others once it is written. A request that expects `100 Continue` has put that text into line already.
 */
interface WrittenRequest {
  _header?: string | null;
  readonly _headerSent?: boolean;
  readonly outputData?: { data: unknown }[];
  outputSize?: number;
  _implicitHeader?(): void;
}

/** Looks up a header of a request, whichever way it was set. */
export function headerOf(request: ClientRequest): HeaderLookup {
  const written = (request as WrittenRequest)._header;
  return (name) => {
    const value = request.getHeader(name);
    if (value !== undefined) return String(value);
    return written ? new RegExp(`^${name}: *(.*)$`, 'im').exec(written)?.[1] : undefined;
  };
}

/** Puts the head into words, as Node does with the first byte that is written: a header that is set after it is refused. */
export function renderHead(request: ClientRequest): void {
  if (!request.headersSent) (request as WrittenRequest)._implicitHeader?.();
}

/** Takes a header off a request of which nothing has reached a socket. */
export function takeOff(request: ClientRequest, name: string): void {
  if (!request.headersSent) request.removeHeader(name);
  else rewrite(request, (head) => head.replace(new RegExp(`^${name}:.*\\r\\n`, 'gim'), ''));
}

/** Sets a header of a request of which nothing has reached a socket. */
export function put(request: ClientRequest, name: string, value: string): void {
  if (!request.headersSent) request.setHeader(name, value);
  else {
    takeOff(request, name);
    rewrite(request, (head) => `${head.slice(0, -2)}${name}: ${value}\r\n\r\n`);
  }
}

function rewrite(request: ClientRequest, change: (head: string) => string): void {
  const written = request as WrittenRequest;
  const { _header: head, _headerSent: inLine, outputData = [] } = written;
  if (!head) return;
  const changed = change(head);
  const waiting = outputData.find(({ data }) => typeof data === 'string' && data.startsWith(head));
  if (waiting !== undefined) {
    waiting.data = changed + (waiting.data as string).slice(head.length);
    written.outputSize = (written.outputSize ?? 0) + changed.length - head.length;
  }
  if (waiting !== undefined || !inLine) written._header = changed;
}

/** Headers that the app gave as an array: the request knows them only as the text that it sends. */
export function writtenHeaders({ headers }: RequestOptions): readonly string[] | undefined {
  if (!Array.isArray(headers)) return undefined;
  const flat: string[] = headers.flat();
  const isEstimate = (name: string | undefined) => name?.toLowerCase() === ESTIMATE_HEADER;
  return flat.filter((_, index) => !isEstimate(flat[index - (index % 2)]));
}
