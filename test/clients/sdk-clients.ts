import OpenAI, { toFile } from 'openai';
import OpenAI4, { toFile as toFile4 } from 'openai4';
import { type Ask, type Client, type ClientName, FILE } from './client.js';

/** OpenAI's SDK, of both kinds: 4 over node:http, 6 over fetch. With its own defaults: it tries again twice. */
export const sdkClients = (baseURL: string) =>
  ({
    'openai 6': sdkClient(new OpenAI({ baseURL, apiKey: 'any' }), toFile),
    'openai 4': sdkClient(new OpenAI4({ baseURL, apiKey: 'any' }) as unknown as OpenAI, toFile4 as typeof toFile),
  }) satisfies Partial<Record<ClientName, Client>>;

type Use = (client: OpenAI, ask: Ask, file: File) => Promise<unknown>;

const json = ({ json: body }: Ask) => body as never;
const form = ({ form: fields }: Ask, file: File, name = 'file') => ({ ...fields, [name]: file }) as never;
const headers = ({ headers: own }: Ask) => ({ headers: { ...own } });

/** The SDK's methods where it has one; what Eden AI has beyond it goes through the SDK's own `post` and `get`. */
const USES: Readonly<Record<string, Use>> = {
  '/chat/completions': (client, ask) => client.chat.completions.create(json(ask), headers(ask)),
  '/responses': (client, ask) => client.responses.create(json(ask), headers(ask)),
  '/embeddings': (client, ask) => client.embeddings.create(json(ask), headers(ask)),
  '/images/generations': (client, ask) => client.images.generate(json(ask), headers(ask)),
  '/images/edits': (client, ask, file) => client.images.edit(form(ask, file, 'image'), headers(ask)),
  '/audio/transcriptions': (client, ask, file) => client.audio.transcriptions.create(form(ask, file), headers(ask)),
  '/audio/speech': (client, ask) => client.audio.speech.create(json(ask), headers(ask)),
  '/moderations': (client, ask) => client.moderations.create(json(ask), headers(ask)),
};

const sdkClient = (client: OpenAI, makeFile: typeof toFile): Client => ({
  async send(ask) {
    const file = await makeFile(FILE, 'a.mp3', { type: 'audio/mpeg' });
    const use = Object.entries(USES).find(([path]) => ask.url === client.baseURL + path)?.[1] ?? other;
    return { status: 200, text: await textOf(await use(client, ask, file)) };
  },
});

function other(client: OpenAI, ask: Ask): Promise<unknown> {
  if (ask.method === 'GET') return client.get(ask.url, headers(ask));
  if (ask.method === 'DELETE') return client.delete(ask.url, headers(ask));
  const stream = ask.json?.stream === true;
  return client.post(ask.url, { ...headers(ask), body: ask.json ?? ask.form, ...(stream && { stream }) });
}

async function textOf(result: unknown): Promise<string> {
  if (typeof result === 'string') return result;
  if (hasText(result)) return result.text();
  if (Symbol.asyncIterator in (result as object)) {
    const events: unknown[] = [];
    for await (const event of result as AsyncIterable<unknown>) events.push(event);
    return JSON.stringify(events);
  }
  return JSON.stringify(result);
}

const hasText = (result: unknown): result is Response => typeof (result as Partial<Response>)?.text === 'function';
