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

it('takes a string of megabytes', () => {
  const text = 'x\\"'.repeat(1_000_000);
  expect(canonicalJson(`"${text}"`)).toBe(`"${text}"`);
});
