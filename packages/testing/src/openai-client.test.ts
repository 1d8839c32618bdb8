import OpenAI, { toFile } from 'openai';
import { type EdenStandIn, startEdenStandIn } from './index.js';

let eden: EdenStandIn;
let client: OpenAI;
beforeAll(async () => {
  eden = await startEdenStandIn();
  client = new OpenAI({ baseURL: eden.baseUrl, apiKey: 'any', maxRetries: 0 });
});
afterEach(() => eden.reset());
afterAll(() => eden.close());

const model = 'openai/gpt-4o';
const messages = [{ role: 'user' as const, content: 'Hello' }];
const costOf = (answer: object): number => (answer as { cost: number }).cost;

describe('the openai client', () => {
  it('reads a chat completion and its cost', async () => {
    const answer = await client.chat.completions.create({ model, messages });
    expect(answer.choices[0]?.message.content).toContain('東京');
    expect(Math.round(costOf(answer) * 1e9)).toBe(eden.books().totalNanos);
    expect(eden.books().charges[0]?.key).toBe('any');
  });

  it('reads a stream to its usage chunk, which comes after the finish_reason and has one empty delta', async () => {
    const stream = await client.chat.completions.create({
      model,
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
    expect(text).toBe('A stand-in answers: naïve café, 5 €, 東京, 🌱.');
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
    const last = chunks.at(-1) as OpenAI.ChatCompletionChunk;
    expect(last.choices).toMatchObject([{ index: 0, delta: {}, finish_reason: null }]);
    expect(Math.round(costOf(last) * 1e9)).toBe(eden.books().totalNanos);
    expect(chunks.slice(0, -1).every((chunk) => !('cost' in chunk) && !('usage' in chunk))).toBe(true);
  });

  it('reads no cost in a stream that was not asked for its usage, and is billed the same', async () => {
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    for await (const chunk of stream) expect(chunk).not.toHaveProperty('cost');
    expect(eden.books().charges[0]).toMatchObject({ streamed: true, nanos: expect.any(Number) });
    expect(eden.books().totalNanos).toBeGreaterThan(0);
    expect(eden.books().charges[0]?.rawCost).toBeUndefined();
  });

  it('reads responses, whole and streamed', async () => {
    const whole = await client.responses.create({ model, input: 'Hello' });
    expect(whole.output_text).toContain('café');
    const final = await client.responses.stream({ model, input: 'Hello' }).finalResponse();
    expect(final.output_text).toBe(whole.output_text);
    expect(final).not.toHaveProperty('cost');
    const cost = costOf(final.usage as object);
    expect(Math.round((costOf(whole) + cost) * 1e9)).toBe(eden.books().totalNanos);
  });

  it('reads embeddings in base64', async () => {
    const answer = await client.embeddings.create({ model: 'openai/text-embedding-3-small', input: ['a', 'b'] });
    expect(answer.data.map(({ embedding }) => embedding.length)).toEqual([8, 8]);
    expect(answer.data[0]?.embedding[1]).toBe(37 / 1024);
  });

  it('makes images, audio, transcriptions and moderations', async () => {
    const image = await client.images.generate({ prompt: 'a cat' });
    const file = await toFile(Buffer.alloc(32_000), 'a.mp3');
    const transcription = await client.audio.transcriptions.create({ file, model: 'openai/whisper-1' });
    const speech = await client.audio.speech.create({ model: 'openai/tts-1', voice: 'alloy', input: 'Hello' });
    const moderation = await client.moderations.create({ input: 'Hello' });
    const told = [image, transcription, moderation].map((answer) => Math.round(costOf(answer) * 1e9));
    const inHeader = Math.round(Number(speech.headers.get('x-edenai-cost')) * 1e9);
    await speech.arrayBuffer();
    expect(eden.books().totalNanos).toBe(told.reduce((sum, nanos) => sum + nanos, inHeader));
    expect(eden.books().charges.map(({ nanos }) => nanos)).toEqual([42_000_000, 200_000, 75_000, 10_000]);
  });

  it('lists models', async () => {
    const ids = [];
    for await (const { id } of client.models.list()) ids.push(id);
    expect(ids).toContain(model);
  });

  it('makes a video', async () => {
    const video = await client.videos.create({ prompt: 'a cat', seconds: '8' });
    expect(video).toMatchObject({ status: 'queued', cost: 0 });
    const polled = await client.videos.retrieve(video.id);
    expect(polled).toMatchObject({ status: 'in_progress', cost: 0 });
    expect(await client.videos.retrieve(video.id)).toMatchObject({ status: 'completed', cost: 0.8 });
    expect(eden.books().totalNanos).toBe(800_000_000);
    expect((await (await client.videos.downloadContent(video.id)).arrayBuffer()).byteLength).toBe(4096);
  });

  it('raises its own error for a 402', async () => {
    eden.script({ status: 402 });
    await expect(client.chat.completions.create({ model, messages })).rejects.toMatchObject({
      status: 402,
      message: expect.stringContaining('Insufficient credits'),
    });
    expect(eden.books().charges).toEqual([]);
  });
});
