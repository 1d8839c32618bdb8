/** One call as a test asks for it. */
export interface Ask {
  /** Absolute. */
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  /** The body, as JSON. */
  readonly json?: Readonly<Record<string, unknown>>;
  /** The fields of a form, to be sent as multipart; `file` is always one of them. */
  readonly form?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  /** All of it, where the client hands it out whole. */
  readonly text: string;
}

/** A way to call Eden AI. It reads the answer to its end, and fails in its own way. */
export interface Client {
  send(ask: Ask): Promise<Answer>;
  /** Where its calls go; `https` through the front that speaks TLS. */
  readonly over?: 'https';
}

/** Every client that is tried, by name. */
export const CLIENT_NAMES = [
  'fetch',
  'undici.request',
  'undici.fetch',
  'openai 6',
  'openai 4',
  'axios',
  'axios over https',
  'got',
  'got over https',
  'superagent',
  'node-fetch 2',
  'http.request',
  'http.request over https',
  'request, a named import',
  'request, destructured from require',
  'an agent that keeps one connection alive',
  'no agent',
  'an agent that extends addRequest',
  'an agent with its own addRequest',
  'agent-base 6',
  'a connection of its own',
  'headers as an array',
] as const;

export type ClientName = (typeof CLIENT_NAMES)[number];

/**
 * Their requests are met when their headers are written: a stream is not asked for its usage, and the model is not known
 * before the answer.
 */
export const WRITTEN_AHEAD: ReadonlySet<ClientName> = new Set<ClientName>([
  'an agent with its own addRequest',
  'agent-base 6',
  'a connection of its own',
]);

/** The file of every form. */
export const FILE = Buffer.alloc(32_000, 7);
