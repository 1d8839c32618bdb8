import Anthropic from '@anthropic-ai/sdk';
import OpenAI, { toFile } from 'openai';
import OpenAI4, { toFile as toFile4 } from 'openai4';
import OpenAI5 from 'openai5';
import { ofClient, type Uploaders } from './uploader.js';

type Sdk = new (options: { baseURL: string; apiKey: string }) => unknown;

/** OpenAI's SDK. It is built for each call, as only then the address is known. */
export function openaiUploaders(name: string, Client: Sdk, makeFile: typeof toFile = toFile): Uploaders {
  const clientOf = (url: string) => new Client({ baseURL: new URL('/v3', url).href, apiKey: 'any' }) as OpenAI;
  const model = 'openai/whisper-1';
  return ofClient(name, {
    'a transcription of a stream': async (url, file) => {
      await clientOf(url).audio.transcriptions.create({ model, file: file.open() });
      return 200;
    },
    'a transcription of bytes': async (url, { bytes }) => {
      await clientOf(url).audio.transcriptions.create({ model, file: await makeFile(bytes, 'a.mp3') });
      return 200;
    },
    'a file of a stream': async (url, file) => {
      await clientOf(url).files.create({ purpose: 'user_data', file: file.open() });
      return 200;
    },
  });
}

export const sdkUploaders = (): Uploaders => ({
  ...openaiUploaders('openai 4', OpenAI4 as unknown as Sdk, toFile4 as unknown as typeof toFile),
  ...openaiUploaders('openai 5', OpenAI5 as unknown as Sdk),
  ...openaiUploaders('openai 6', OpenAI as unknown as Sdk),
  ...ofClient("Anthropic's SDK", {
    'a file of a stream': async (url, file) => {
      const client = new Anthropic({ baseURL: new URL('/v3', url).href, apiKey: 'any' });
      await client.beta.files.upload({ file: file.open() });
      return 200;
    },
  }),
});
