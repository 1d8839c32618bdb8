import { join } from 'node:path';
import type { UploadRun } from './uploads/uploads-process.js';
import { useResult } from './use-result.js';

const uploads = useResult<readonly UploadRun[]>(join(__dirname, 'uploads', 'uploads-process.ts'));

/** got 11 lets go of its stream where that is when the answer comes, whoever gives it: it may not have ended yet. */
const LEAVES_OPEN = new Set(['got 11, a stream']);

describe('an upload, over each client and in each way to make one', () => {
  it('arrives as it does without us, byte by byte', () => {
    for (const { name, bare, metered } of uploads.result) {
      expect({ name, ...metered.outcome, arrived: metered.arrived }).toEqual({
        name,
        ...{ status: 200, open: metered.outcome.open }, // an answer that comes with the last byte stops the reading, whoever gives it
        arrived: bare.arrived,
      });
      expect(bare.arrived).toHaveLength(1);
    }
  });

  it('is charged once, what it cost, in its own scope', () => {
    for (const { name, costNanos, metered } of uploads.result) {
      expect({ name, charged: metered.charged }).toEqual({ name, charged: [costNanos] });
    }
  });

  it('that is denied ends as one that a server refuses, after one attempt; nothing arrives, and no file stays open', () => {
    for (const { name, refused, denied } of uploads.result) {
      const outcome = { ...refused, status: 402, open: LEAVES_OPEN.has(name) ? denied.outcome.open : 0 };
      expect({ name, ...denied }).toEqual({ name, outcome, arrived: [], denials: 1 });
    }
  });

  it('is tried over every client that can make one', () => {
    const clients = new Set(uploads.result.map(({ name }) => name.replace(/('s fetch)?,.*/, '')));
    expect([...clients]).toEqual(
      expect.arrayContaining([
        ...['fetch', 'undici 6', 'undici 7', 'axios', 'axios without redirects', 'axios over fetch'],
        ...['got 11', 'got 14', 'ky', 'node-fetch 2', 'node-fetch 3', 'superagent', 'http.request'],
        ...['openai 4', 'openai 5', 'openai 6', "Anthropic's SDK"],
      ]),
    );
  });
});
