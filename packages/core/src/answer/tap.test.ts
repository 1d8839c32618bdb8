import { NOTHING_KNOWN } from '../edenai/answer-facts.js';
import { MISSING_COST } from '../edenai/cost.js';
import type { Reader } from './reader.js';
import { type AnswerEnd, ReaderTap } from './tap.js';

const FACTS = { cost: MISSING_COST, isByok: false };
const CHUNK = Buffer.from('any');

type Writable = { -readonly [K in keyof Reader]: Reader[K] };

function tapOf(reader: Partial<Reader> = {}) {
  const ends: Parameters<AnswerEnd>[0][] = [];
  const told: Parameters<AnswerEnd>[1][] = [];
  const whole: Writable = { push: (chunk) => chunk, end: () => undefined, facts: () => FACTS, ...reader };
  const end: AnswerEnd = (kind, facts) => {
    ends.push(kind);
    told.push(facts);
  };
  return { ends, told, reader: whole, tap: new ReaderTap(whole, end, undefined) };
}

const fail = (): never => {
  throw new Error('a reader that is wrong');
};

describe('the answer to a call', () => {
  it('passes as it came where its reader fails, and is told of once', () => {
    const { tap, ends } = tapOf({ push: fail, end: fail });
    expect([tap.data(CHUNK), tap.data(CHUNK), tap.end()]).toEqual([CHUNK, CHUNK, undefined]);
    expect(ends).toEqual(['complete']);
  });

  it('whose reader cannot say what it read is told of as one that says nothing', () => {
    const { tap, told } = tapOf({ facts: fail });
    expect(tap.end()).toBeUndefined();
    expect(told).toEqual([NOTHING_KNOWN]);
  });

  it('is told of with its last event, before that is passed on, and not again at its end', () => {
    const { tap, ends, reader } = tapOf();
    tap.data(CHUNK);
    expect(ends).toEqual([]);
    reader.final = true;
    tap.data(CHUNK);
    expect(ends).toEqual(['complete']);
    tap.end();
    tap.cut();
    expect(ends).toEqual(['complete']);
  });

  it.each<[string, Partial<Reader>]>([
    ['at once', {}],
    ['when its reader has caught up', { end: async () => undefined }],
  ])('that breaks off is told of as cut, %s', async (_when, reader) => {
    const { tap, ends } = tapOf(reader);
    tap.data(CHUNK);
    tap.cut();
    await Promise.resolve().then(() => {});
    expect(ends).toEqual(['cut']);
  });
});
