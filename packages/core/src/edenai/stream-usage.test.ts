import fc from 'fast-check';
import { askForUsage } from './stream-usage.js';

const ask = (text: string) => askForUsage(Buffer.from(text))?.toString();

describe('askForUsage', () => {
  it.each([
    ['{"stream":true}', '{"stream":true,"stream_options":{"include_usage":true}}'],
    [
      '{"seed":12345678901234567890,"top_p":1.0,"stream":true}',
      '{"seed":12345678901234567890,"top_p":1.0,"stream":true,"stream_options":{"include_usage":true}}',
    ],
    ['{"stream":true }\n', '{"stream":true ,"stream_options":{"include_usage":true}}\n'],
    ['{"stream_options":null,"stream":true}', '{"stream_options":{"include_usage":true},"stream":true}'],
    ['{"stream_options" : {}, "stream":true}', '{"stream_options" : {"include_usage":true}, "stream":true}'],
    ['{"stream_options":{ },"stream":true}', '{"stream_options":{"include_usage":true },"stream":true}'],
    [
      '{"stream":true,"stream_options":{"include_obfuscation":false}}',
      '{"stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false}}',
    ],
    [
      '{"stream":true,"stream_options":{"include_usage":null}}',
      '{"stream":true,"stream_options":{"include_usage":true}}',
    ],
  ])('changes %s', (before, after) => {
    expect(ask(before)).toBe(after);
  });

  it.each([
    '{"stream":true,"stream_options":{"include_usage":true}}',
    '{"stream":true,"stream_options":{"include_usage":false}}',
    '{"stream":true,"stream_options":{"include_usage":"yes"}}',
    '{"stream":true,"stream_options":"all"}',
    '{"stream":true,"stream_options":[]}',
    '{"stream":false}',
    '{"stream":"true"}',
    '{"x":{"stream":true}}',
    '{}',
    '[{"stream":true}]',
    '{"stream":true',
    '{"stream":true} x',
    '',
  ])('leaves %s', (body) => {
    expect(ask(body)).toBeUndefined();
  });

  it('sets the option and nothing else, whatever the body', () => {
    const extras = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), { maxKeys: 5 });
    const options = fc.option(fc.oneof(fc.constant(null), extras), { nil: undefined });
    fc.assert(
      fc.property(extras, options, fc.constantFrom(undefined, 2, '\r\n'), (extra, stream_options, indent) => {
        const { include_usage: _, ...others } = stream_options ?? {};
        const request = { ...extra, ...(stream_options !== undefined && { stream_options: stream_options && others }) };
        const before = Buffer.from(JSON.stringify({ ...request, stream: true }, null, indent));
        const after = askForUsage(before) as Buffer;
        const old = JSON.parse(before.toString());
        expect(JSON.parse(after.toString())).toEqual({
          ...old,
          stream_options: { ...old.stream_options, include_usage: true },
        });
        if (stream_options === null) return;
        let same = 0;
        while (before[same] === after[same]) same++;
        const added = after.length - before.length;
        expect(Buffer.concat([after.subarray(0, same), after.subarray(same + added)]).equals(before)).toBe(true);
      }),
    );
  });
});
