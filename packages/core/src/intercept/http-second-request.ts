import http, { type Agent, type ClientRequest, type OutgoingHttpHeaders, type RequestOptions } from 'node:http';
import { kMetered } from './metered-mark.js';

/** What it takes to send a request a second time, as the app made it. */
export interface OriginalRequest {
  readonly agent: Agent;
  readonly options: RequestOptions;
  /** Present when the body that is sent is another one. */
  readonly body: Buffer | undefined;
  readonly headers: OutgoingHttpHeaders | readonly string[];
}

/** Sends a request a second time, as the app made it. */
export function sendAgain(
  request: ClientRequest,
  { agent, options, headers }: OriginalRequest,
  body: Buffer,
): ClientRequest {
  const { method, path, protocol, host, timeout } = request as ClientRequest & { timeout?: number };
  const again = {
    ...options,
    agent,
    headers,
    method,
    path,
    protocol,
    host,
    timeout,
    signal: undefined,
    [kMetered]: true,
  };
  const second = new http.ClientRequest(again as unknown as URL);
  second.end(body);
  return second;
}
