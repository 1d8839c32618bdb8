import { createHash } from 'node:crypto';
import type { ClientRequest, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createMeter, type Meter, type MeterOptions } from '@eden-cost/core';
import { useServers } from '../support/serve.js';

/** The same server twice: the meter takes the one for Eden AI, and does not know the other. */
export interface Origins {
  readonly bare: string;
  readonly metered: string;
  readonly meter: Meter;
}

/** For each test the servers that it wants, and a meter of one of them; all are closed after it. */
export function useOrigins(): (listener: RequestListener, options?: MeterOptions) => Promise<Origins> {
  const serve = useServers();
  const meters: Meter[] = [];
  afterEach(async () => {
    for (const meter of meters.splice(0)) await meter.close({ timeoutMs: 0 });
  });
  return async (listener, options = {}) => {
    const [bare, metered] = await Promise.all([serve(listener), serve(listener)]);
    const meter = createMeter({ baseUrls: [metered.url], rateCard: false, ...options });
    meters.push(meter);
    return { bare: bare.url, metered: metered.url, meter };
  };
}

/** A request as it arrived, byte by byte but for the names of its host. */
export interface Arrived {
  readonly method: string | undefined;
  readonly headers: readonly string[];
  readonly trailers: readonly string[];
  readonly length: number;
  readonly sha256: string;
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Reads a request to its end. */
export async function arrived(request: IncomingMessage): Promise<Arrived> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const headers = request.rawHeaders.map((text, index, all) => (/^host$/i.test(all[index - 1] ?? '') ? '' : text));
  const { method, rawTrailers } = request;
  return { method, headers, trailers: rawTrailers, length: body.length, sha256: sha256(body) };
}

/** An answer with this cost. */
export function answerCost(response: ServerResponse, costUsd = 0.012345678): void {
  const body = JSON.stringify({ object: 'any', cost: costUsd });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

export const COST_NANOS = 12_345_678;

const REQUEST_EVENTS = ['abort', 'timeout', 'continue', 'information', 'finish', 'error', 'close'];
const ANSWER_EVENTS = ['aborted', 'error', 'end', 'close'];

/** What a caller sees of one request, event by event, until it is closed. */
export interface Story {
  readonly events: readonly string[];
  readonly headers?: readonly string[];
  readonly trailers?: readonly string[];
  readonly length: number;
  readonly sha256: string;
}

export interface Follow {
  /** Called with the answer. Default: reads it. */
  readonly answered?: (response: IncomingMessage, request: ClientRequest) => void;
}

/** Follows a request by all its events. */
export function follow(request: ClientRequest, { answered }: Follow = {}): Promise<Story> {
  const events: string[] = [];
  const chunks: Buffer[] = [];
  let headers: string[] | undefined;
  let trailers: string[] | undefined;
  const note = (name: string, event: string) => (what?: unknown) => {
    const { code, message } = (what ?? {}) as NodeJS.ErrnoException;
    events.push([name, event, code, message].filter(Boolean).join(' '));
  };
  return new Promise((resolve) => {
    const open = new Set<object>([request]);
    const closed = (side: object) => () => {
      open.delete(side);
      // what comes with the last event of one side still belongs to it
      if (open.size === 0) setImmediate(() => resolve(story()));
    };
    const story = () => {
      const body = Buffer.concat(chunks);
      return {
        ...{ events: [...events], length: body.length, sha256: sha256(body) },
        ...(headers && { headers }),
        ...(trailers && { trailers }),
      };
    };
    for (const event of REQUEST_EVENTS) request.on(event, note('request', event));
    request.on('response', (response) => {
      open.add(response);
      events.push(`response ${response.statusCode}`);
      headers = response.rawHeaders.filter((_, index, all) => !/^date$/i.test(all[index - (index % 2)] ?? ''));
      for (const event of ANSWER_EVENTS) response.on(event, note('response', event));
      response.on('end', () => {
        trailers = response.rawTrailers;
      });
      response.on('close', closed(response));
      if (answered) answered(response, request);
      else response.on('data', (chunk: Buffer) => chunks.push(chunk));
    });
    request.on('close', closed(request));
  });
}
