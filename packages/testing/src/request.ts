import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { parseJson } from './json.js';
import { parseMultipart } from './multipart.js';

/** One request as it arrived. */
export interface ReceivedRequest {
  readonly id: string;
  readonly at: number;
  readonly method: string;
  /** Without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** JSON parsed, the fields of a multipart form (a file is `{ filename, type, size }`), text, or `undefined` for none. */
  readonly body: unknown;
  readonly bodyBytes: Buffer;
}

/** JSON whatever the content type says: `curl -d` calls it a form. */
function parseBody(bytes: Buffer, contentType: string): unknown {
  if (bytes.length === 0) return undefined;
  if (/^multipart\/form-data/i.test(contentType)) return parseMultipart(bytes, contentType);
  const text = bytes.toString();
  return parseJson(text) ?? text;
}

async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part);
  return Buffer.concat(parts);
}

/** Reads one request to its end. Rejects when the caller goes away before. */
export async function readRequest(
  incoming: IncomingMessage,
  facts: { id: string; at: number; pathPrefix: string },
): Promise<ReceivedRequest> {
  const { id, at, pathPrefix } = facts;
  const url = new URL(incoming.url ?? '/', 'http://stand-in');
  const bodyBytes = await readAll(incoming);
  return {
    id,
    at,
    method: incoming.method ?? 'GET',
    path: url.pathname.startsWith(pathPrefix) ? url.pathname.slice(pathPrefix.length) : '',
    query: url.searchParams,
    headers: incoming.headers,
    body: parseBody(bodyBytes, incoming.headers['content-type'] ?? ''),
    bodyBytes,
  };
}
