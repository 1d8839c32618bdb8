import { OPERATION_ESTIMATES } from './operation-estimates.js';

describe('OPERATION_ESTIMATES', () => {
  it('has an integer amount for every operation', () => {
    expect(OPERATION_ESTIMATES).toEqual({
      chat: 10_000_000,
      responses: 10_000_000,
      messages: 10_000_000,
      embeddings: 1_000_000,
      moderation: 1_000_000,
      speech: 20_000_000,
      images: 50_000_000,
      transcription: 50_000_000,
      feature: 50_000_000,
      job: 250_000_000,
      video: 2_000_000_000,
      other: 10_000_000,
      poll: 0,
    });
  });
});
