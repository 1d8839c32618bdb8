import axios from 'axios';
import OpenAI from 'openai';
import OpenAI4 from 'openai4';
import { CHAT, postInit } from './calls.js';
import { CANARIES } from './canaries.js';

/** A chat whose prompt and key must not come out anywhere. */
const PROMPT = { ...CHAT, messages: [{ role: 'user' as const, content: CANARIES.prompt }] };

/** Ways to ask Eden AI, each of which raises its own error for a 402. */
export const askers = (baseURL: () => string): Record<string, () => Promise<unknown>> => ({
  'openai 6': () => new OpenAI({ baseURL: baseURL(), apiKey: CANARIES.key }).chat.completions.create(PROMPT),
  'openai 4': () => new OpenAI4({ baseURL: baseURL(), apiKey: CANARIES.key }).chat.completions.create(PROMPT),
  axios: () =>
    axios.post(`${baseURL()}/chat/completions`, PROMPT, { headers: { authorization: `Bearer ${CANARIES.key}` } }),
  fetch: () =>
    fetch(`${baseURL()}/chat/completions`, postInit(PROMPT, { headers: { authorization: `Bearer ${CANARIES.key}` } })),
});

export const ASKERS = Object.keys(askers(String));
