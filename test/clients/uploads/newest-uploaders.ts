import got16 from 'got16';
import ky2 from 'ky2';
import OpenAI7 from 'openai7';
import * as undici8 from 'undici8';
import type { Undici } from '../covered/undici-clients.js';
import { type Got, gotUploaders, type Ky, kyUploaders } from './library-uploaders.js';
import { openaiUploaders } from './sdk-uploaders.js';
import { undiciUploaders } from './web-uploaders.js';

/** Majors that Node 20 does not run. */
export const newestUploaders = () => ({
  ...gotUploaders('got 16', got16 as unknown as Got),
  ...kyUploaders('ky 2', ky2 as unknown as Ky),
  ...openaiUploaders('openai 7', OpenAI7 as never),
  ...undiciUploaders('undici 8', undici8 as unknown as Undici),
});
