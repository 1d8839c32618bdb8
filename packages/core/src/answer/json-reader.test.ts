import fc from 'fast-check';
import { classify } from '../edenai/classify.js';
import { MISSING_COST } from '../edenai/cost.js';
import { JsonReader } from './json-reader.js';

const MOST = 1_000_000_000_000;
const NO_HEADERS = { cost: MISSING_COST, isByok: false };
const EMBEDDINGS = classify('POST', '/v3/embeddings');

const FIRST = '"cost":0.25,';
const LAST = ',"usage":{"prompt_tokens":7,"total_tokens":7},"model":"openai/text-embedding-3-large","cost":0.25';
const NESTED = '"data":[{"cost":9.5,"embedding":[';

/** An answer of about so many bytes. */
function answer(bytes: number, cost: 'first' | 'last' | 'none'): Buffer {
  const numbers = '0.0123456789,'.repeat(Math.ceil(bytes / 13));
  const before = cost === 'first' ? FIRST : '';
  return Buffer.from(`{${before}${NESTED}${numbers}1]}]${cost === 'last' ? LAST : ''}}`);
}

function read(body: Buffer, cuts: readonly number[], length: number | undefined, complete: boolean) {
  const reader = new JsonReader(EMBEDDINGS, NO_HEADERS, MOST, length);
  let start = 0;
  for (const end of [...cuts.map((cut) => cut % body.length).sort((a, b) => a - b), body.length]) {
    const chunk = body.subarray(start, end);
    expect(reader.push(chunk)).toBe(chunk);
    start = end;
  }
  return reader.facts(complete);
}

const sizes = fc.integer({ min: 200_000, max: 700_000 });
const cuts = fc.array(fc.nat(), { maxLength: 40 });

describe('a JSON answer', () => {
  it.each(['first', 'last'] as const)('has its cost %s, however large it is and wherever its chunks end', (place) => {
    fc.assert(
      fc.property(sizes, cuts, fc.boolean(), (size, at, isKnown) => {
        const body = answer(size, place);
        expect(read(body, at, isKnown ? body.length : undefined, true).cost).toEqual({
          kind: 'amount',
          nanos: 250_000_000,
          raw: '0.25',
        });
      }),
      { numRuns: 60 },
    );
  });

  it('that broke off never has the cost of something nested in it, whether its length was known or not', () => {
    fc.assert(
      fc.property(sizes, cuts, fc.nat(), fc.boolean(), (size, at, where, isKnown) => {
        const whole = answer(size, 'none');
        const body = whole.subarray(0, 1 + (where % (whole.length - 1)));
        expect(read(body, at, isKnown ? whole.length : undefined, false).cost).toEqual(MISSING_COST);
      }),
      { numRuns: 60 },
    );
  });

  it('that broke off where something nested ends does not have the cost of that', () => {
    const body = Buffer.from(`{"data":[{"embedding":[${'0.0123456789,'.repeat(30_000)}1],"cost":9.5}`);
    for (const length of [undefined, body.length + 100_000]) {
      expect(read(body, [200_000, 300_000], length, false).cost).toEqual(MISSING_COST);
    }
  });

  it('with the usage at its end says the same of known and of unknown length, in chunks of any size', () => {
    const body = answer(400_000, 'last');
    for (const size of [40, 1_000, 16_384, 65_536, 65_537, 250_000, body.length]) {
      const at = Array.from({ length: Math.floor((body.length - 1) / size) }, (_, index) => (index + 1) * size);
      const known = read(body, at, body.length, true);
      expect(known).toEqual(read(body, at, undefined, true));
      expect(known.usage).toEqual({ inputTokens: 7, outputTokens: 0 });
    }
  });
});
