/** Every client that is tried. Apart from the clients, some of which Jest's sandbox cannot load. */
export const CLIENTS = [
  'openai 4',
  'openai 5',
  'openai 6',
  'openai 6, streamed',
  "Anthropic's SDK",
  "Anthropic's SDK, streamed",
  'generateText of the AI SDK',
  'streamText of the AI SDK',
  'LangChain',
  'LangChain, streamed',
  'axios',
  'got',
  'superagent',
  'ky',
  'node-fetch 2',
  'node-fetch 3',
  'undici.request',
  'fetch',
] as const;

export type ClientName = (typeof CLIENTS)[number];

/** Asks Eden AI something, and reads the whole answer. Raises what the client, or an app that uses it, makes of a 402. */
export type Asker = (prompt: string) => Promise<unknown>;
