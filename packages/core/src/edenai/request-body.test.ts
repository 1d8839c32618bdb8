import { NO_FACTS, readRequest, requestFacts } from './request-body.js';

const read = (body: unknown) => requestFacts(readRequest(Buffer.from(JSON.stringify(body))));

describe('requestFacts', () => {
  it('says what is called, and how', () => {
    expect(read({ model: 'openai/gpt-4o', messages: [], stream: true, tags: { team: 'a' } })).toEqual({
      model: 'openai/gpt-4o',
      stream: true,
      hasTags: true,
    });
  });

  it.each([undefined, '', '[]', '--boundary\r\nContent-Disposition: form-data', '{"model":"x"'])(
    'says nothing of %j',
    (body) => {
      expect(requestFacts(readRequest(body === undefined ? undefined : Buffer.from(body)))).toEqual(NO_FACTS);
    },
  );

  it.each([{ model: '' }, { model: 4 }, { model: null, stream: 'true' }, { tags: 'team' }])(
    'ignores the junk in %j',
    (body) => {
      expect(read(body)).toEqual(NO_FACTS);
    },
  );

  it('takes no text for the name of a model that is longer than any: what it says is kept, and logged', () => {
    expect(read({ model: 'm'.repeat(256) }).model).toHaveLength(256);
    expect(read({ model: 'm'.repeat(257) })).toEqual(NO_FACTS);
  });
});
