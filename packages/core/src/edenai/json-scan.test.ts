import fc from 'fast-check';
import { readSpan, type Scan, scanElements, scanHead, scanTail, scanTopLevel, spanText } from './json-scan.js';

const KEYS = ['cost', 'usage', 'a"b', 'é', ''];

const read = (body: Buffer, { values }: Scan) =>
  Object.fromEntries(Array.from(values, ([key, span]) => [key, readSpan(body, span)]));

const wantedOf = (object: object) => Object.fromEntries(Object.entries(object).filter(([key]) => KEYS.includes(key)));

const key = fc.oneof(fc.constantFrom(...KEYS), fc.string({ unit: 'binary', maxLength: 8 }));
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.boolean(),
    fc.constant(null),
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.constantFrom('\\', '\\"', '"cost":1', '{"cost":2}', ',"cost":3}', '\\\\"cost\\":4'),
    fc.array(tie('node'), { maxLength: 4 }),
    fc.array(fc.integer(), { minLength: 20, maxLength: 40 }),
    fc.dictionary(key, tie('node'), { maxKeys: 4 }),
  ),
})).node;
const object = fc.dictionary(key, value, { maxKeys: 8 });
const escaped = (json: string) =>
  json.replace(/[^\x20-\x7e\s]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
const text = fc
  .tuple(object, fc.constantFrom(undefined, 1, '\t', '\r\n'), fc.boolean(), fc.constantFrom('', ' ', '\r\n'))
  .map(([json, indent, ascii, around]) => {
    const written = JSON.stringify(json, null, indent);
    return around + (ascii ? escaped(written) : written) + around;
  });

describe('scanTopLevel', () => {
  it('equals JSON.parse on any object', () => {
    fc.assert(
      fc.property(text, (json) => {
        const body = Buffer.from(json);
        const scan = scanTopLevel(body, KEYS);
        const parsed = JSON.parse(body.toString());
        expect(scan).toMatchObject({ complete: true, isObject: true });
        expect(read(body, scan)).toEqual(wantedOf(parsed));
        expect(read(body, scanTopLevel(body, 'all'))).toEqual({ ...parsed });
      }),
      { numRuns: 500 },
    );
  });

  it('never gives a wrong value for a body that was cut anywhere', () => {
    fc.assert(
      fc.property(text, (json) => {
        const body = Buffer.from(json);
        const whole = wantedOf(JSON.parse(body.toString()));
        const trimmed = body.toString().trimEnd();
        for (let length = 0; length < Buffer.byteLength(trimmed); length++) {
          const cut = body.subarray(0, length);
          const scan = scanHead(cut, new Set(KEYS));
          expect(scan.complete).toBe(false);
          for (const [name, found] of Object.entries(read(cut, scan))) expect(found).toEqual(whole[name]);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('does not throw, and does not call complete what JSON.parse refuses for its shape', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:\\1a \n') }), (json) => {
        const body = Buffer.from(json);
        scanTopLevel(body, 'all');
        scanTail(body, 'all');
      }),
      { numRuns: 2000 },
    );
    for (const json of [
      '',
      '[]',
      '"x"',
      '1',
      '{',
      '{]',
      '{"a"}',
      '{"a":}',
      '{"a":1,}',
      '{"a":1}}',
      '{"a":1} x',
      '{a:1}',
    ]) {
      expect(scanTopLevel(Buffer.from(json), 'all').complete).toBe(false);
    }
  });

  it('accepts a BOM, takes the last duplicate, decodes keys, ignores nested ones', () => {
    const body = Buffer.from('\uFEFF {"cost":1,"x":{"cost":2},"c\\u006fst":"3" , "y":[{"cost":4}]}\n');
    const scan = scanTopLevel(body, ['cost']);
    expect(scan).toMatchObject({ complete: true, isObject: true });
    expect(spanText(body, scan.values.get('cost'))).toBe('"3"');
  });

  it('records only values that were seen to end', () => {
    const found = (json: string) => scanTopLevel(Buffer.from(json), ['cost']).values.size;
    expect(found('{"cost":0.01')).toBe(0);
    expect(found('{"cost":0.01 ')).toBe(0);
    expect(found('{"cost":0.01,')).toBe(1);
    expect(found('{"cost":"0.01"')).toBe(0);
    expect(found('{"cost":NaN}')).toBe(1);
  });

  it('gives nothing for a value that cannot be parsed', () => {
    const body = Buffer.from('{"a":NaN}');
    expect(readSpan(body, scanTopLevel(body, 'all').values.get('a'))).toBeUndefined();
    expect(readSpan(body, undefined)).toBeUndefined();
  });

  it('is linear in a string of quotes and backslashes', () => {
    const body = Buffer.from(`{"a":"${'\\"\\\\'.repeat(250_000)}","cost":1}`);
    const started = performance.now();
    expect(scanTopLevel(body, ['cost']).values.size).toBe(1);
    expect(scanTail(body, ['cost', 'a']).values.size).toBe(2);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('scanTail', () => {
  it('agrees with JSON.parse or says nothing, for every suffix', () => {
    fc.assert(
      fc.property(text, (json) => {
        const body = Buffer.from(json);
        const whole = wantedOf(JSON.parse(body.toString()));
        for (let from = 0; from < body.length; from++) {
          const tail = body.subarray(from);
          for (const [name, found] of Object.entries(read(tail, scanTail(tail, KEYS)))) {
            expect(found).toEqual(whole[name]);
          }
        }
        const scan = scanTail(body, KEYS);
        expect(scan).toMatchObject({ complete: true, isObject: true });
        expect(read(body, scan)).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  it('finds the cost after megabytes of data from 64 bytes', () => {
    const body = Buffer.from(`{"data":[{"b64_json":"${'A'.repeat(1e6)}"}],"cost": 0.04, "provider":"openai"}\n`);
    const tail = body.subarray(-64);
    const scan = scanTail(tail, ['cost', 'data', 'provider']);
    expect(read(tail, scan)).toEqual({ cost: 0.04, provider: 'openai' });
    expect(scan).toMatchObject({ complete: false, isObject: true });
  });

  it('takes the last duplicate', () => {
    const body = Buffer.from('{"cost":1,"cost":2}');
    expect(read(body, scanTail(body, ['cost']))).toEqual({ cost: 2 });
  });

  it('has nothing to say about what is no object', () => {
    for (const json of ['', '[1]', '"}', ' ']) expect(scanTail(Buffer.from(json), 'all').isObject).toBe(json === '"}');
    expect(scanTail(Buffer.from('{}'), 'all')).toEqual({ complete: true, isObject: true, values: new Map() });
  });
});

describe('scanElements', () => {
  it('equals JSON.parse on any list, and finds none in one that was cut', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 6 }), fc.constantFrom(undefined, 1), (list, indent) => {
        const body = Buffer.from(` ${JSON.stringify(list, null, indent)}\n`);
        expect(scanElements(body)?.map((span) => readSpan(body, span))).toEqual(JSON.parse(body.toString()));
        for (let end = 0; end < body.length - 1; end++) expect(scanElements(body.subarray(0, end))).toBeUndefined();
      }),
      { numRuns: 40 },
    );
  });

  it.each(['', '{}', '"[]"', '[1,]', '[1 2]', '[1]x', '[,1]'])('finds none in %j', (body) => {
    expect(scanElements(Buffer.from(body))).toBeUndefined();
  });
});

describe('the value that a body is cut in', () => {
  const whole = Buffer.from('{"a\\"b":{"x":[1,2,{"y":3}]},"usage":{"z":4}}');

  it('is told by its key and its beginning, or by its end', () => {
    const [begins, ends] = [whole.indexOf('{"x"'), whole.indexOf(',"usage"')];
    for (let at = begins; at < ends; at++) {
      expect(scanHead(whole.subarray(0, at), KEYS).cut).toEqual({ key: 'a"b', at: begins });
    }
    const tail = whole.subarray(begins + 5);
    expect(scanTail(tail, KEYS)).toMatchObject({ complete: false, cut: { at: ends - begins - 5 } });
    expect(scanHead(whole, KEYS).cut).toBeUndefined();
    expect(scanTail(whole, KEYS).cut).toBeUndefined();
  });
});
