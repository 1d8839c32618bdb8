import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import type { JsonObject } from './json-object.js';
import { ParsedObject } from './parsed-object.js';
import { readObject } from './read-object.js';
import { ScannedObject } from './scanned-object.js';

const KEYS = ['cost', 'usage', 'model', '__proto__', 'constructor', 'stream'];

const key = fc.constantFrom(...KEYS, 'other', '');
/** As servers write them: more digits than a double has, exponents, zeros at the end. */
const number = fc
  .tuple(fc.constantFrom('', '-'), fc.bigInt(0n, 10n ** 20n), fc.stringMatching(/^(\.\d{1,22})?([eE][+-]?\d{1,3})?$/))
  .map((parts) => parts.join(''));
const simple = fc.oneof(
  number,
  fc.string().map((text) => JSON.stringify(text)),
  fc.constantFrom('true', 'false', 'null'),
);
const space = fc.constantFrom('', ' ', '\n  ');
const table = (value: fc.Arbitrary<string>) =>
  fc.array(fc.tuple(key, space, space, value)).map((entries) => {
    const members = entries.map(
      ([name, before, after, text]) => `${before}${JSON.stringify(name)}${after}:${before}${text}`,
    );
    return `{${members.join(',')}}`;
  });
const value = fc.oneof(
  simple,
  table(simple),
  fc.array(simple).map((items) => `[${items.join(',')}]`),
);
const object = table(value);

/** What it is, and as far as that is promised how it was written. */
function said(one: JsonObject, name: string): unknown[] {
  const [parsed, text] = [one.value(name), one.text(name)];
  if (typeof parsed === 'number') return [parsed, name === 'cost' ? text : Number(text) + 0];
  if (typeof parsed === 'string') return [parsed, JSON.parse(text ?? '')];
  return [parsed, typeof parsed === 'object' && parsed !== null ? text?.slice(0, 1) : text];
}

describe('an object that is parsed', () => {
  it('says the same as one that is looked through, to the last digit of a cost', () => {
    fc.assert(
      fc.property(object, (json) => {
        const parsed = ParsedObject.of(json);
        if (parsed === undefined) return;
        const scanned = ScannedObject.of(Buffer.from(json), KEYS);
        expect(scanned.complete).toBe(true);
        for (const name of KEYS) {
          expect([name, said(parsed, name)]).toEqual([name, said(scanned, name)]);
          const [inside, scannedInside] = [parsed.nested(name), scanned.nested(name, KEYS)];
          if (inside !== undefined)
            for (const one of KEYS) expect(said(inside, one)).toEqual(scannedInside && said(scannedInside, one));
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['more digits than a double has', '{"cost":0.12345678901234567890123}', '0.12345678901234567890123'],
    ['zeros at its end', '{"model":"x","cost" :\n0.1000}', '0.1000'],
    ['an exponent', '{"usage":{},"cost":12E-7 }', '12E-7'],
    ['a key that is escaped', '{"c\\u006fst":0.25}', '0.25'],
    ['a text that looks like it before', '{"model":"\\"cost\\":9","cost":0.5}', '0.5'],
  ])('has the text of a cost with %s', (_, json, cost) => {
    expect(ParsedObject.of(json)?.text('cost')).toBe(cost);
  });

  it('does not write out what is nested: as deep as it can be in 8 kB, that would overflow a stack', () => {
    const [open, close] = ['['.repeat(4_000), ']'.repeat(4_000)];
    const object = ParsedObject.of(`{"tags":${open}${close},"cost":{"a":${open.slice(2_000)}${close.slice(2_000)}}}`);
    expect([object?.text('tags'), object?.text('cost')]).toEqual(['[]', '{}']);
  });

  it('keeps nothing of the answer beside a cost that is remembered', () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const body = Buffer.from(`{"content":"${'x'.repeat(7_000)}","cost":0.0001234567890123}`);
    gc();
    const before = process.memoryUsage().heapUsed;
    const costs = Array.from({ length: 3_000 }, () => ParsedObject.of(body.toString())?.text('cost'));
    gc();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(5_000_000);
    expect(costs.every((cost) => cost === '0.0001234567890123')).toBe(true);
  });

  it('is none where there may be several costs, or no object', () => {
    for (const json of [
      '{"cost":1,"usage":{"cost":2}}',
      '{"model":"cost","cost":1}',
      '[]',
      '1',
      'null',
      '{"a":1',
      '',
    ]) {
      expect(ParsedObject.of(json)).toBeUndefined();
    }
  });
});

describe('readObject', () => {
  it.each([
    ['a large one', `{"messages":["${'x'.repeat(9_000)}"],"model":"a/b","cost":1}`, true],
    ['one with a byte order mark', '\uFEFF{"model":"a/b","cost":1}', true],
    ['one with two costs', '{"model":"a/b","usage":{"cost":2},"cost":1}', true],
    ['one that breaks off', '{"model":"a/b","cost":1,"messages":[', false],
  ])('reads %s', (_, json, complete) => {
    const read = readObject(Buffer.from(json), KEYS);
    expect([read.complete, read.value('model'), read.text('cost')]).toEqual([complete, 'a/b', '1']);
  });
});
