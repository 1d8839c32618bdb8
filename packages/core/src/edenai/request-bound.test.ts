import type { Operation } from '../charge.js';
import type { JsonObject } from './json-object.js';
import { readRequest } from './request-body.js';
import { readBound } from './request-bound.js';

function readText(json: string, operation: Operation = 'chat') {
  const body = Buffer.from(json);
  return readBound(operation, readRequest(body) as JsonObject, body);
}
const read = (body: unknown, operation?: Operation) => readText(JSON.stringify(body), operation);
const text = { model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'Say "image_url" and {"type":"image"}' }] };

describe('readBound', () => {
  it('reads what decides the cost', () => {
    const body = {
      ...text,
      stream: true,
      max_tokens: 100,
      max_completion_tokens: 200,
      n: 3,
      fallbacks: ['a/b', { model: 'c' }],
    };
    expect(read(body)).toEqual({
      maxOutputTokens: 200,
      choices: 3,
      textOnly: true,
      hasTools: false,
      fallbacks: ['a/b', 'c'],
      bytes: Buffer.byteLength(JSON.stringify(body)),
    });
  });

  it.each([{ max_tokens: 1.5 }, { max_tokens: '5' }, { max_tokens: 0 }, { max_tokens: null, n: -1 }])(
    'ignores the junk in %j',
    (body) => {
      const { maxOutputTokens, choices } = read(body);
      expect([maxOutputTokens, choices]).toEqual([undefined, undefined]);
    },
  );

  it('knows that embeddings have no output', () => {
    expect(read({ model: 'x', input: 'y' }, 'embeddings').maxOutputTokens).toBe(0);
    expect(read({ input: [{ type: 'image_url', image_url: { url: 'x' } }] }, 'embeddings').textOnly).toBe(false);
  });

  it.each([
    ['a picture', { messages: [{ content: [{ type: 'image_url', image_url: { url: 'https://x' } }] }] }],
    ['a file', { messages: [{ content: [{ type: 'file', file: { file_id: 'x' } }] }] }],
    ['a response picture', { input: [{ content: [{ type: 'input_image', image_url: 'x' }] }] }],
    ['sound', { messages: [{ content: [{ type: 'input_audio', input_audio: {} }] }] }],
    ['a document', { messages: [{ content: [{ type: 'document', source: {} }] }] }],
    ['a web search', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
    ['web search options', { web_search_options: {} }],
    ['an earlier response', { previous_response_id: 'resp_1' }],
    ['a dearer tier', { service_tier: 'priority' }],
    ['a long cache', { system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '1h' } }] }],
  ])('sees no bound for the input with %s', (_, body) => {
    expect(read(body).textOnly).toBe(false);
    expect(readText(JSON.stringify(body, null, 2)).textOnly).toBe(false);
  });

  it('sees a bound with tools of the app, whatever their parameters are called', () => {
    const parameters = { type: 'object', properties: { file: { type: 'string' }, image: { type: 'string' } } };
    expect(read({ ...text, tools: [{ type: 'function', function: { name: 'x', parameters } }] })).toMatchObject({
      textOnly: true,
      hasTools: true,
    });
    expect(read({ ...text, tools: [{ name: 'x', input_schema: parameters }] }).textOnly).toBe(true);
    expect(read({ ...text, previous_response_id: null }).textOnly).toBe(true);
  });

  it('reads v2 fallbacks, and marks what it cannot read', () => {
    expect(read({ fallback_providers: 'google, amazon' }).fallbacks).toEqual(['google', 'amazon']);
    expect(read({ fallbacks: ['a', 5, null] }).fallbacks).toEqual(['a', '', '']);
    expect(read({ fallbacks: [] }).fallbacks).toBeUndefined();
  });
});
