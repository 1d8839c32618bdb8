const SDKS = [
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
] as const;

const LIBRARIES = [
  'axios',
  'got',
  'superagent',
  'ky',
  'node-fetch 2',
  'node-fetch 3',
  'undici.request',
  'undici.stream',
  'undici.pipeline',
  'fetch',
] as const;

/** Every client that is tried. Apart from the clients, some of which Jest's sandbox cannot load. */
export const CLIENTS = [...SDKS, ...LIBRARIES] as const;

export type SdkName = (typeof SDKS)[number];
export type LibraryName = (typeof LIBRARIES)[number];
export type ClientName = SdkName | LibraryName;

/** Asks Eden AI something, and reads the whole answer. Raises what the client, or an app that uses it, makes of a 402. */
export type Asker = (prompt: string) => Promise<unknown>;
