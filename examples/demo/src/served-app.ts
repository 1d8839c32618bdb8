import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LogLine, Meter } from '@eden-cost/core';

/** What `createApp` of an example makes. */
export interface Example {
  readonly app: { listen(port: number, host: string): Server };
  readonly meter: Meter;
}

/** The lines that an app logs, in order; the demo takes them out one by one. */
export class Log {
  readonly all: LogLine[] = [];
  #taken = 0;

  readonly write = (line: LogLine): void => void this.all.push(line);

  /** What was logged since the last time, once the line of a request is among it: it comes after the answer. */
  async take(until: (line: LogLine) => boolean): Promise<readonly LogLine[]> {
    for (let waited = 0; waited < 2_000 && !this.all.slice(this.#taken).some(until); waited += 5) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const lines = this.all.slice(this.#taken);
    this.#taken = this.all.length;
    return lines;
  }

  /** Leaves untold what was logged until now. */
  skip(): void {
    this.#taken = this.all.length;
  }
}

/** What a client sends to an app. */
export interface AppRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
}

/** One of the examples, listening on a free port. */
export class ServedApp {
  constructor(
    private readonly url: string,
    readonly meter: Meter,
    /** Closes the meter as well: the next app brings its own. */
    readonly stop: () => Promise<unknown>,
  ) {}

  static async start({ app, meter }: Example): Promise<ServedApp> {
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return new ServedApp(`http://127.0.0.1:${port}`, meter, async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await meter.close();
    });
  }

  /** A client of the app, signed in as `user`. */
  send({ method, path, body }: AppRequest, user: string): Promise<Response> {
    return fetch(this.url + path, {
      method,
      headers: { 'x-user': user, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
  }

  post(path: string, user: string, body: object): Promise<Response> {
    return this.send({ method: 'POST', path, body }, user);
  }
}

/** The server-sent events of an answer, as they come. */
export async function* eventsOf(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of response.body ?? []) {
    const events = (rest + decoder.decode(bytes, { stream: true })).split('\n\n');
    rest = events.pop() ?? '';
    yield* events;
  }
}
