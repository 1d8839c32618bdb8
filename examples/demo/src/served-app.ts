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
}

/** One of the examples, listening on a free port. */
export class ServedApp {
  private constructor(
    private readonly server: Server,
    readonly meter: Meter,
  ) {}

  static async start({ app, meter }: Example): Promise<ServedApp> {
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ServedApp(server, meter);
  }

  /** A client of the app, signed in as `user`. */
  post(path: string, user: string, body: object): Promise<Response> {
    const { port } = this.server.address() as AddressInfo;
    return fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: { 'x-user': user, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    return this.meter.close();
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
