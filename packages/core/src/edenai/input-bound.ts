import type { JsonObject } from './json-object.js';

/** Parts that are no text, by their `type`: chat, responses, messages and multimodal embeddings. */
const PART_TYPES: ReadonlySet<string> = new Set([
  'image_url',
  'input_image',
  'image',
  'input_file',
  'file',
  'document',
  'input_audio',
  'audio',
  'audio_url',
  'input_video',
  'video',
  'video_url',
  'container_upload',
]);

/** Members that bring in input from elsewhere, or another price than the rate card's: the body's size is no bound. */
const MEMBERS = [
  'previous_response_id',
  'conversation',
  'prompt',
  'container',
  'mcp_servers',
  'plugins',
  'web_search_options',
  'audio',
  'prediction',
];

/** The members of a request that {@link isUnbounded} looks at. */
export const INPUT_KEYS: readonly string[] = [...MEMBERS, 'service_tier'];

/** A tool that the app itself runs; every other kind runs at the provider and is billed apart, or brings its own prompt. */
const APP_TOOLS = new Set<unknown>([undefined, null, 'function', 'custom']);

/** Dearer than the listed price. */
const DEARER_TIER = 'priority';

/** Anthropic bills a prompt cache that lives for an hour above its listed cache price. */
const LONG_CACHE = Buffer.from('"1h"');

const TYPE = Buffer.from('"type"');

/**
 * True when the input may cost more than its bytes, counted as tokens at the listed price. May be true for a body that is
 * harmless, never false for one that is not: inside a text the quotes of `"image_url"` are escaped.
 *
 * @param tools the parsed `tools` of the body
 */
export function isUnbounded(body: Buffer, request: JsonObject, tools: unknown): boolean {
  return (
    MEMBERS.some((key) => (request.text(key) ?? 'null') !== 'null') ||
    request.value('service_tier') === DEARER_TIER ||
    hasForeignTool(tools) ||
    body.includes(LONG_CACHE) ||
    hasForeignPart(body)
  );
}

function hasForeignTool(tools: unknown): boolean {
  return Array.isArray(tools) && tools.some((tool) => !APP_TOOLS.has(tool?.type));
}

/** `"type": "file"` is a part; `"file": {…}` in a tool's schema is not. */
function hasForeignPart(body: Buffer): boolean {
  for (let at = body.indexOf(TYPE); at !== -1; at = body.indexOf(TYPE, at + TYPE.length)) {
    const value = /^\s*:\s*"(\w+)"/.exec(body.toString('latin1', at + TYPE.length, at + TYPE.length + 64));
    if (value && PART_TYPES.has(value[1] as string)) return true;
  }
  return false;
}
