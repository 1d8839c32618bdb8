import { readUsage } from './usage.js';

describe('readUsage', () => {
  it.each([
    ['chat', { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }, { inputTokens: 10, outputTokens: 5 }],
    [
      'chat with caches',
      { prompt_tokens: 10, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 } },
      { inputTokens: 10, outputTokens: 5, cachedInputTokens: 4, cacheWriteTokens: 2 },
    ],
    [
      'chat with cache_write_tokens beside',
      { prompt_tokens: 10, completion_tokens: 5, cache_write_tokens: 3, prompt_tokens_details: null },
      { inputTokens: 10, outputTokens: 5, cacheWriteTokens: 3 },
    ],
    ['embeddings', { prompt_tokens: 8, total_tokens: 8 }, { inputTokens: 8, outputTokens: 0 }],
    [
      'responses',
      { input_tokens: 10, output_tokens: 5, input_tokens_details: { cached_tokens: 1 } },
      { inputTokens: 10, outputTokens: 5, cachedInputTokens: 1 },
    ],
    [
      'messages',
      { input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 7, cache_creation_input_tokens: 9 },
      { inputTokens: 10, outputTokens: 5, cachedInputTokens: 7, cacheWriteTokens: 9, cacheIsExtra: true },
    ],
    ['half junk', { prompt_tokens: -1, completion_tokens: 5 }, { inputTokens: 0, outputTokens: 5 }],
  ])('reads %s', (_, usage, expected) => {
    expect(readUsage(usage)).toEqual(expected);
  });

  it.each([
    undefined,
    null,
    'x',
    [],
    {},
    { prompt_tokens: 1.5, completion_tokens: '5' },
    { input_tokens: 1e12, output_tokens: Number.NaN },
  ])('ignores %j', (usage) => {
    expect(readUsage(usage)).toBeUndefined();
  });
});
