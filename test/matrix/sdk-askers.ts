import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import Anthropic from '@anthropic-ai/sdk';
import { ChatOpenAI } from '@langchain/openai';
import { generateText, streamText } from 'ai';
import OpenAI from 'openai';
import OpenAI4 from 'openai4';
import OpenAI5 from 'openai5';
import { CHAT } from '../support/calls.js';
import { CANARIES } from '../support/canaries.js';
import type { Asker, SdkName } from './client-names.js';

const { model } = CHAT;
const messages = (content: string) => [{ role: 'user' as const, content }];

/** SDKs with their own defaults: most of them try again what they take for an accident. */
export function sdkAskers(baseURL: string): Record<SdkName, Asker> {
  const init = { baseURL, apiKey: CANARIES.key };
  const openai4 = new OpenAI4(init);
  const openai5 = new OpenAI5(init);
  const openai6 = new OpenAI(init);
  const anthropic = new Anthropic(init);
  const ai = createOpenAICompatible({ ...init, name: 'eden' }).chatModel(model);
  const langchain = new ChatOpenAI({ model, apiKey: CANARIES.key, configuration: { baseURL } });
  return {
    'openai 4': (prompt) => openai4.chat.completions.create({ model, messages: messages(prompt) }),
    'openai 5': (prompt) => openai5.chat.completions.create({ model, messages: messages(prompt) }),
    'openai 6': (prompt) => openai6.chat.completions.create({ model, messages: messages(prompt) }),
    'openai 6, streamed': async (prompt) =>
      readAll(await openai6.chat.completions.create({ model, messages: messages(prompt), stream: true })),
    "Anthropic's SDK": (prompt) => anthropic.messages.create({ model, max_tokens: 9, messages: messages(prompt) }),
    "Anthropic's SDK, streamed": (prompt) =>
      anthropic.messages.stream({ model, max_tokens: 9, messages: messages(prompt) }).finalMessage(),
    'generateText of the AI SDK': (prompt) => generateText({ model: ai, prompt }),
    'streamText of the AI SDK': (prompt) => readParts(streamText({ model: ai, prompt, onError() {} }).fullStream),
    LangChain: (prompt) => langchain.invoke(prompt),
    'LangChain, streamed': async (prompt) => readAll(await langchain.stream(prompt)),
  };
}

async function readAll(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _part of stream);
}

/** The AI SDK rejects nothing that is streamed: an error is one of its parts. */
async function readParts(stream: AsyncIterable<{ type: string; error?: unknown }>): Promise<void> {
  for await (const part of stream) if (part.type === 'error') throw part.error;
}
