/** A small answer to a chat. */
export const CHAT = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'openai/gpt-4o',
  choices: [{ index: 0, message: { role: 'assistant', content: 'y'.repeat(600) }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 100, completion_tokens: 150 },
  provider: 'openai',
  cost: 0.000123,
});

/** An answer of 2 MB, its cost last, as Eden AI's embeddings have it. */
export const EMBEDDINGS = JSON.stringify({
  object: 'list',
  data: Array.from({ length: 32 }, (_, index) => ({
    object: 'embedding',
    index,
    embedding: Array.from({ length: 3072 }, (_, i) => Math.sin(index * 3072 + i) / 50),
  })),
  model: 'openai/text-embedding-3-large',
  usage: { prompt_tokens: 100, total_tokens: 100 },
  provider: 'openai',
  cost: 0.000123,
});
