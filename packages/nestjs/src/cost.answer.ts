import type { ServerResponse } from 'node:http';
import { BODY_HEADERS, PROBLEM_TYPE } from '@eden-cost/core';
import type { HttpAdapterHost } from '@nestjs/core';
import type { PaymentRequiredException } from './payment-required.exception.js';

/** Express's response, Fastify's reply; and Node's own, which is what a middleware on Fastify gets. */
interface AnyResponse {
  readonly raw?: ServerResponse;
  /** Fastify's. */
  readonly sent?: boolean;
  removeHeader?(name: string): unknown;
  setHeader?(name: string, value: string): unknown;
}

/** Answers an exception, on either platform. */
export class CostAnswer {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly problemJson: boolean,
  ) {}

  /** Sets its headers, whoever writes its body then: Nest's own filter ignores those of an exception. */
  prepare(exception: PaymentRequiredException, response: AnyResponse): void {
    const raw = this.#hijacked(response);
    if (raw !== undefined) this.#setHeaders(exception, raw);
    else if (!this.#isSent(response)) this.#setHeaders(exception, response);
  }

  #setHeaders(exception: PaymentRequiredException, response: AnyResponse): void {
    for (const name of BODY_HEADERS) {
      response.removeHeader?.(name);
      response.raw?.removeHeader?.(name); // where Fastify puts those of a body that is a stream
    }
    for (const [name, value] of Object.entries(exception.headers)) this.#setHeader(response, name, value);
  }

  send(exception: PaymentRequiredException, response: AnyResponse): void {
    const { httpAdapter } = this.host;
    const raw = this.#hijacked(response);
    if (raw !== undefined) {
      this.#write(exception, raw);
      return;
    }
    if (this.#isSent(response)) {
      httpAdapter.end(response);
      return;
    }
    this.prepare(exception, response);
    let body = exception.getResponse();
    if (this.problemJson) {
      // as text: the adapters make application/json of an error that is an object
      body = JSON.stringify(body);
      this.#setHeader(response, 'content-type', PROBLEM_TYPE);
    }
    httpAdapter.reply(response, body, exception.getStatus());
  }

  /** Nest writes events past Fastify's reply, which then does not know that they were. */
  #isSent(response: AnyResponse): boolean {
    if (response.raw?.headersSent) return true;
    return this.host.httpAdapter?.isHeadersSent(response) ?? true;
  }

  /** Fastify's reply counts as sent once a handler has taken it over (`reply.hijack()`), though nothing may be. */
  #hijacked({ raw, sent }: AnyResponse): ServerResponse | undefined {
    return sent === true && raw && !raw.headersSent && !raw.writableEnded ? raw : undefined;
  }

  #write(exception: PaymentRequiredException, raw: ServerResponse): void {
    this.#setHeaders(exception, raw);
    raw.statusCode = exception.getStatus();
    raw.setHeader('content-type', this.problemJson ? PROBLEM_TYPE : 'application/json; charset=utf-8');
    raw.end(JSON.stringify(exception.getResponse()));
  }

  #setHeader(response: AnyResponse, name: string, value: string): void {
    if (response.setHeader) response.setHeader(name, value);
    else this.host.httpAdapter.setHeader(response, name, value);
  }
}
