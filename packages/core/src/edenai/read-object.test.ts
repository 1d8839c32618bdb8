import fc from 'fast-check';
import type { JsonObject } from './json-object.js';
import { ParsedObject } from './parsed-object.js';
import { readObject } from './read-object.js';
import { ScannedObject } from './scanned-object.js';

const KEYS = ['cost', 'usage', 'model', '__proto__', 'constructor', 'stream'];

const key = fc.constantFrom(...KEYS, 'other', '');
/** As servers write them: more digits than a double has, exponents, zeros at the end. */
const number = fc
  .tuple(fc.constantFrom('', '-'), fc.bigInt(0n, 10n ** 20n), fc.stringMatching(/^(\.\d{1,22})?([eE][+-]?\d{1,2})?$/))
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

/** Of a number, what it was written as; of anything else, what it is: nobody asks for more. */
function said(one: JsonObject, name: string): unknown {
  const parsed = one.value(name);
  return name === 'cost' && typeof parsed === 'number' ? [parsed, one.text(name)] : parsed;
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
          expect([name, parsed.has(name), said(parsed, name)]).toEqual([name, scanned.has(name), said(scanned, name)]);
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
