import { generateText, streamText } from 'ai7';
import { createOpenAICompatible } from 'ai7-openai-compatible';
import got16 from 'got16';
import ky2 from 'ky2';
import OpenAI7 from 'openai7';
import * as undici8 from 'undici8';
import type { Clients, Place } from './covered-client.js';
import { gotClient, KY_RETRY, kyClient, secureGotClient } from './library-clients.js';
import { aiClient, type ChatClient, openaiClient } from './sdk-clients.js';
import { type Undici, undiciClients } from './undici-clients.js';

/** Majors that Node 20 does not run. */
export const newestClients = (place: Place): Clients => ({
  'got 16': gotClient(got16 as never),
  'got 16 over https': secureGotClient(got16 as never, place.secure),
  'ky 2': kyClient(ky2.create({ retry: KY_RETRY as never }) as never),
  'openai 7': openaiClient(new OpenAI7({ baseURL: place.baseURL, apiKey: 'any' }) as unknown as ChatClient),
  'AI SDK 7': aiClient(createOpenAICompatible({ baseURL: place.baseURL, apiKey: 'any', name: 'eden' }), {
    generateText,
    streamText,
  }),
  ...undiciClients(8, undici8 as unknown as Undici, place),
});
