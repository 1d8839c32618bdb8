import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import Anthropic from '@anthropic-ai/sdk';
import { ChatOpenAI } from '@langchain/openai';
import { generateText, streamText } from 'ai';
import OpenAI from 'openai';
import OpenAI4 from 'openai4';
import OpenAI5 from 'openai5';
import type { Answer, Ask } from '../client.js';
import type { Clients, CoveredClient, Place } from './covered-client.js';

export type ChatClient = Pick<OpenAI, 'chat'>;

const KEY = { apiKey: 'any' };

/** SDKs with their own defaults: all of them try again what fails. */
export const sdkClients = ({ baseURL }: Place): Clients => ({
  'openai 4': openaiClient(new OpenAI4({ baseURL, ...KEY }) as unknown as ChatClient),
  'openai 5': openaiClient(new OpenAI5({ baseURL, ...KEY }) as unknown as ChatClient),
  'openai 6': openaiClient(new OpenAI({ baseURL, ...KEY })),
  "Anthropic's SDK": anthropicClient(new Anthropic({ baseURL, ...KEY })),
  'AI SDK 6': aiClient(createOpenAICompatible({ baseURL, ...KEY, name: 'eden' }), { generateText, streamText }),
  LangChain: langChainClient(new ChatOpenAI({ model: 'any', ...KEY, configuration: { baseURL } })),
});

const isStreamed = ({ json }: Ask): boolean => json?.stream === true;
const promptOf = ({ json }: Ask): string => (json as { messages: { content: string }[] }).messages[0]?.content ?? '';
const headersOf = ({ headers }: Ask) => ({ headers: { ...headers } });

export const openaiClient = (client: ChatClient): CoveredClient => ({
  send: async (ask) => read(await client.chat.completions.create(ask.json as never, headersOf(ask))),
  retries: true,
  redirects: true,
});

const anthropicClient = (client: Anthropic): CoveredClient => ({
  send: async (ask) => read(await client.messages.create(ask.json as never, headersOf(ask))),
  api: 'messages',
  retries: true,
});

interface AiSdk {
  generateText(options: object): PromiseLike<{ text: string }>;
  streamText(options: object): { textStream: AsyncIterable<string> };
}

export const aiClient = (provider: { chatModel(id: string): unknown }, sdk: unknown): CoveredClient => ({
  async send(ask) {
    const { generateText: whole, streamText: streamed } = sdk as AiSdk;
    const options = { model: provider.chatModel(String(ask.json?.model)), prompt: promptOf(ask), ...headersOf(ask) };
    if (isStreamed(ask)) return read(streamed(options).textStream);
    return { status: 200, text: (await whole(options)).text };
  },
  retries: true,
});

const langChainClient = (chat: ChatOpenAI): CoveredClient => ({
  async send(ask) {
    const options = { ...headersOf(ask), options: headersOf(ask) };
    return read(
      isStreamed(ask) ? await chat.stream(promptOf(ask), options) : await chat.invoke(promptOf(ask), options),
    );
  },
});

async function read(result: unknown): Promise<Answer> {
  if (!(Symbol.asyncIterator in (result as object))) return { status: 200, text: JSON.stringify(result) };
  let text = '';
  for await (const part of result as AsyncIterable<unknown>) text += JSON.stringify(part);
  return { status: 200, text };
}
