import { isRecord } from './json.js';
import { Refusal } from './refusal.js';
import type { ReceivedRequest } from './request.js';

const MAX_TAGS = 10;
const KEY = /^[\p{L}\p{N}\-_.:/]{1,64}$/u;
const VALUE = /^[\p{L}\p{N}\-_.:/]{1,128}$/u;

function headerTags(header: string): [string, string][] {
  return header
    .split(',')
    .filter((tag) => tag.trim() !== '')
    .map((tag) => {
      const [key = '', ...value] = tag.split('=');
      return [key.trim(), value.join('=').trim()];
    });
}

/** The tags of a request, from its body (not on `/videos`) or else its header. An invalid one is a 400. */
export function readTags(request: ReceivedRequest): Record<string, string> {
  const inBody = isRecord(request.body) && !/\/videos\/?$/.test(request.path) ? request.body.tags : undefined;
  const pairs = isRecord(inBody)
    ? Object.entries(inBody).map(([key, value]): [string, string] => [key, String(value)])
    : headerTags(String(request.headers['x-edenai-tags'] ?? ''));
  if (pairs.length > MAX_TAGS) throw new Refusal(400, `At most ${MAX_TAGS} tags are allowed`);
  const tags: Record<string, string> = {};
  for (const [key, value] of pairs) {
    const name = key.toLowerCase();
    if (!KEY.test(key) || !VALUE.test(value) || name.startsWith('eden:')) throw new Refusal(400, `Invalid tag: ${key}`);
    tags[name] = value;
  }
  return tags;
}
