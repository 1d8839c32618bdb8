import { once } from 'node:events';
import { connect } from 'node:net';

/** One answer, byte by byte as it came over the wire, and taken apart. */
export interface RawAnswer {
  /** Everything: status line, headers, body and trailers. */
  readonly text: string;
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface RawRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends one request over a socket of its own. Rejects an answer that is not valid HTTP/1.1. */
export async function rawRequest(url: string, request: RawRequest = {}): Promise<RawAnswer> {
  return parseAnswer(await rawBytes(url, request), request.method);
}

/** The same, for an answer that may break off: everything that came before the connection was closed. */
export async function rawBytes(url: string, request: RawRequest = {}): Promise<string> {
  const { method = 'GET', headers = {}, body = '' } = request;
  const { hostname, port, host, pathname, search } = new URL(url);
  const socket = connect(Number(port), hostname);
  const sent = { host, connection: 'close', 'content-length': String(Buffer.byteLength(body)), ...headers };
  const head = Object.entries(sent).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`${method} ${pathname}${search} HTTP/1.1\r\n${head.join('')}\r\n${body}`);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

/** Takes the bytes of an answer apart. Throws when it is not valid HTTP/1.1. */
export function parseAnswer(text: string, method = 'GET'): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const [, status, reason = ''] =
    /^HTTP\/1\.1 (\d{3}) ([\x20-\x7e]*)$/.exec(statusLine) ?? invalid('status line', text);
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name = '', value = ''] =
      /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\x20-\x7e\t]*)$/.exec(line) ?? invalid('header', text);
    const key = name.toLowerCase();
    if (key === 'content-length' && key in headers) invalid('second content-length', text);
    headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
  }
  const rest = text.slice(end + 4);
  return { text, status: Number(status), reason, headers, body: bodyOf(rest, headers, method) };
}

function bodyOf(rest: string, headers: Record<string, string>, method: string): string {
  const { 'content-length': length, 'transfer-encoding': coding } = headers;
  if (length !== undefined && coding !== undefined) invalid('content-length beside transfer-encoding', rest);
  if (method === 'HEAD') return rest === '' ? '' : invalid('body of a HEAD', rest);
  if (coding === undefined) return Number(length) === rest.length ? rest : invalid('content-length', rest);
  let body = '';
  for (let at = 0; ; ) {
    const [line = '', size = ''] = /^([0-9a-f]+)\r\n/i.exec(rest.slice(at)) ?? invalid('chunk', rest);
    const start = at + line.length;
    const bytes = Number.parseInt(size, 16);
    if (bytes === 0) return body;
    body += rest.slice(start, start + bytes);
    at = start + bytes + 2;
  }
}

function invalid(what: string, text: string): never {
  throw new Error(`This is not valid HTTP (${what}): ${JSON.stringify(text.slice(0, 500))}`);
}
