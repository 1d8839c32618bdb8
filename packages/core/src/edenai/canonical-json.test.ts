import { canonicalJson, escapedJson } from './canonical-json.js';

it('is what Python writes with sorted keys and an indent of two', () => {
  const json = '{"b":[1.0,2e5,-0,{}],"a":{"z":null,"y":[]},"é":"ü\\n\\u0001\\/","A":true}';
  const expected = [
    ...['{', '  "A": true,', '  "a": {', '    "y": [],', '    "z": null', '  },'],
    ...['  "b": [', '    1.0,', '    2e5,', '    -0,', '    {}', '  ],', '  "é": "ü\\n\\u0001/"', '}'],
  ].join('\n');
  expect(canonicalJson(json)).toBe(expected);
  expect(escapedJson(expected)).toBe(expected.replace('é', '\\u00e9').replace('ü', '\\u00fc'));
});

it('keeps what looks like a number, a key or a mark inside of strings', () => {
  expect(canonicalJson('{"n1":"1.0","s":"n2","__proto__":"\\"3\\""}')).toBe(
    '{\n  "__proto__": "\\"3\\"",\n  "n1": "1.0",\n  "s": "n2"\n}',
  );
});

it('escapes as Python does: each half of a pair, and DEL', () => {
  expect(escapedJson('"a\u{1F600}\x7f\n"')).toBe('"a\\ud83d\\ude00\\u007f\n"');
});

it('sorts by code point, and keeps the last of a key that comes twice', () => {
  expect(canonicalJson('{"\u{1F600}":1,"\uFF5E":2,"\uFF5E":3}')).toBe('{\n  "\uFF5E": 3,\n  "\u{1F600}": 1\n}');
});

it.each(['', '{', '{"a":01}', 'NaN', "{'a':1}", '['.repeat(100_000)])('is nothing for what is no JSON: %#', (json) => {
  expect(canonicalJson(json)).toBeUndefined();
});

it.each(['x\\"', '\\n', '\\u3042', '\\\\'])('takes a string of megabytes of %s', (unit) => {
  const json = `"${unit.repeat(4_000_000)}"`;
  expect(canonicalJson(json) === JSON.stringify(JSON.parse(json))).toBe(true);
});

it.each([
  ['lists', '[', ']'],
  ['objects', '{"a":', '}'],
])('takes %s that are nested thousands deep', (_name, open, close) => {
  const json = `${open.repeat(2_500)}1.0${close.repeat(2_500)}`;
  const canonical = canonicalJson(json) as string;
  expect([canonical.replace(/\s/g, '') === json, canonical.split('\n').length]).toEqual([true, 5_001]);
  expect(canonical).toContain(`\n${' '.repeat(5_000)}${open === '[' ? '' : '"a": '}1.0\n`);
});

it('says so when it would be longer than a text may be', () => {
  expect(() => canonicalJson('['.repeat(100_000) + ']'.repeat(100_000))).toThrow(RangeError);
});
