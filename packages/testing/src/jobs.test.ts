import { type EdenStandIn, type ReplyOptions, standInHeaders, startEdenStandIn } from './index.js';

let eden: EdenStandIn;
beforeAll(async () => {
  eden = await startEdenStandIn();
});
afterEach(() => eden.reset());
afterAll(() => eden.close());

const json = async (response: Response) => JSON.parse(await response.text());

const start = async (path: string, options: ReplyOptions = {}, model = 'ocr/financial_parser/mindee') => {
  const headers = { ...standInHeaders(options), 'x-edenai-tags': 'client=acme' };
  const response = await fetch(eden.url + path, {
    method: 'POST',
    headers,
    body: JSON.stringify({ model, tags: undefined }),
  });
  return { status: response.status, job: await json(response) };
};
const poll = async (path: string) => json(await fetch(eden.url + path));

describe('a Universal AI job', () => {
  const path = '/v3/universal-ai/async';

  it('is billed once, with the poll that finds it done, however often it is polled', async () => {
    const { status, job } = await start(path, { pollsNeeded: 2, provisionalCostUsd: 0.05, settledCostUsd: 0.03 });
    expect(status).toBe(202);
    expect(job).toMatchObject({ public_id: expect.any(String), status: 'processing', cost: '0.0500', feature: 'ocr' });
    const answers = [];
    for (let i = 0; i < 5; i += 1) answers.push(await poll(`${path}/${job.public_id}`));
    expect(answers.map((answer) => answer.status)).toEqual([
      'processing',
      'processing',
      'success',
      'success',
      'success',
    ]);
    expect(answers[4]).toMatchObject({ cost: '0.0300', provider: 'mindee', output: expect.anything() });
    expect(eden.books().charges).toMatchObject([
      { operation: 'job', jobId: job.public_id, nanos: 30_000_000, rawCost: '0.0300', path, tags: { client: 'acme' } },
    ]);
  });

  it('is not billed when it fails', async () => {
    const { job } = await start(path, { pollsNeeded: 0, outcome: 'fail' });
    expect(await poll(`${path}/${job.public_id}`)).toMatchObject({
      status: 'fail',
      cost: '0',
      error: expect.anything(),
    });
    expect(eden.books().charges).toEqual([]);
  });

  it('is listed without its cost, and a list polls nothing', async () => {
    const { job } = await start(path, { pollsNeeded: 0 });
    expect(await poll(path)).toEqual([
      expect.objectContaining({ public_id: job.public_id, status: 'processing', provider: 'mindee' }),
    ]);
    expect(JSON.stringify(await poll(path))).not.toContain('cost');
  });

  it('that nobody started is a 404', async () => {
    expect(await poll(`${path}/unknown`)).toEqual({ detail: 'Not found.' });
  });

  it('a poll can go wrong without moving the job on', async () => {
    const { job } = await start(path, { pollsNeeded: 0 });
    eden.script({ status: 503 });
    await poll(`${path}/${job.public_id}`);
    expect(eden.books().charges).toEqual([]);
    expect(await poll(`${path}/${job.public_id}`)).toMatchObject({ status: 'success' });
    expect(eden.books().charges).toHaveLength(1);
  });
});

describe('a video', () => {
  const path = '/v3/videos';

  it('goes from queued to completed; its cost is 0 until then', async () => {
    const { job } = await start(path, { costUsd: 0.4 }, 'openai/sora-2');
    expect(job).toMatchObject({ status: 'queued', cost: 0 });
    expect(await poll(`${path}/${job.id}`)).toMatchObject({ status: 'in_progress', cost: 0 });
    expect(await poll(`${path}/${job.id}`)).toMatchObject({ status: 'completed', cost: 0.4, progress: 100 });
    expect(await poll(`${path}/${job.id}`)).toMatchObject({ status: 'completed', cost: 0.4 });
    expect(eden.books().charges).toMatchObject([{ operation: 'video', nanos: 400_000_000, jobId: job.id }]);
  });

  it('is a Universal AI job too', async () => {
    const { job } = await start(path, { pollsNeeded: 0 }, 'openai/sora-2');
    expect(await poll(`/v3/universal-ai/async/${job.id}`)).toMatchObject({
      ...{ status: 'success', public_id: job.id, cost: '0.4000' },
    });
    expect(await poll(`${path}/${job.id}`)).toMatchObject({ status: 'completed' });
    expect(eden.books().charges).toHaveLength(1);
  });

  it('can fail, for nothing', async () => {
    const { job } = await start(path, { pollsNeeded: 0, outcome: 'fail' });
    expect(await poll(`${path}/${job.id}`)).toMatchObject({ status: 'failed', cost: 0 });
    expect(eden.books().charges).toEqual([]);
  });

  it('has its content once it is done, as bytes or behind a redirect', async () => {
    const { job } = await start(path, { pollsNeeded: 0 });
    const content = (options: ReplyOptions = {}) =>
      fetch(`${eden.url}${path}/${job.id}/content`, { headers: standInHeaders(options) });
    expect((await content()).status).toBe(404);
    await poll(`${path}/${job.id}`);
    expect((await content()).headers.get('content-type')).toBe('video/mp4');
    const redirected = await content({ redirectContent: true });
    expect([redirected.redirected, redirected.status]).toEqual([true, 200]);
    expect((await redirected.arrayBuffer()).byteLength).toBe(4096);
    expect(eden.books().charges).toHaveLength(1);
  });
});
