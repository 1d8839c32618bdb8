import fc from 'fast-check';
import type { Operation } from '../charge.js';
import type { Family } from './classify.js';
import { EventStreamReader } from './event-stream.js';

const MAX = 1_000_000_000_000;

function reader(strip = false, operation: Operation = 'chat', family: Family = 'openai') {
  return new EventStreamReader({ operation, family, strip, maxNanos: MAX });
}

function run(events: EventStreamReader, chunks: readonly Buffer[]) {
  const out = chunks.map((chunk) => events.push(chunk));
  out.push(events.end());
  return {
    bytes: Buffer.concat(out).toString('latin1'),
    facts: events.facts,
    sawError: events.sawError,
    sawEnd: events.sawEnd,
  };
}

const cutAt = (body: Buffer, cuts: readonly number[]) =>
  [0, ...cuts].map((from, i) => body.subarray(from, [...cuts, body.length][i]));

const frame = (json: unknown, end = '\n') => `data: ${JSON.stringify(json)}${end}${end}`;
const base = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o', provider: 'openai' };
const delta = (content: object, finish_reason: string | null = null) => ({
  ...base,
  choices: [{ index: 0, delta: content, logprobs: null, finish_reason }],
  usage: null,
});
const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
const usageEvent = { ...base, choices: [{ index: 0, delta: {}, finish_reason: null }], usage, cost: 0.000123 };
const tricky = 'é😀 \\"finish_reason\\":\\"stop\\" {"finish_reason":"stop","usage":{"cost":9}} "cost":5 [DONE]\n\n';

function chatStream(end: string, usageFrame: unknown = usageEvent) {
  const before =
    `\uFEFF: keep-alive${end}${end}` +
    frame({ ...delta({ role: 'assistant', content: '' }), edenai_metadata: { is_byok: false } }, end) +
    frame(delta({ content: tricky }), end) +
    `: keep-alive${end}${end}` +
    frame(delta({ content: 'ü' }), end) +
    frame(delta({}, 'stop'), end) +
    `: waiting${end}${end}`;
  const middle = frame(usageFrame, end);
  const after = `data: [DONE]${end}${end}`;
  const bytes = (text: string) => Buffer.from(text).toString('latin1');
  return {
    whole: Buffer.from(before + middle + after),
    stripped: bytes(before + after),
    full: bytes(before + middle + after),
  };
}

const facts = {
  cost: { kind: 'amount', nanos: 123_000, raw: '0.000123' },
  usage: { inputTokens: 10, outputTokens: 5 },
  model: 'gpt-4o',
  provider: 'openai',
  isByok: false,
};

describe.each([
  ['LF', '\n'],
  ['CRLF', '\r\n'],
  ['CR', '\r'],
])('a chat stream with %s', (_, end) => {
  const { whole, stripped, full } = chatStream(end);
  const told = { ...facts, metadata: { isByok: false } };

  it('loses exactly the usage event, wherever it is cut', () => {
    for (let at = 0; at <= whole.length; at++) {
      expect(run(reader(true), cutAt(whole, [at]))).toEqual({
        bytes: stripped,
        facts: told,
        sawError: false,
        sawEnd: true,
      });
    }
    expect(run(reader(true), cutAt(whole, Array.from(whole.keys()).slice(1))).bytes).toBe(stripped);
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: whole.length })), (cuts) => {
        const result = run(
          reader(true),
          cutAt(
            whole,
            cuts.sort((a, b) => a - b),
          ),
        );
        expect(result).toEqual({ bytes: stripped, facts: told, sawError: false, sawEnd: true });
      }),
    );
  });

  it('passes unchanged, chunk by chunk, without strip', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: whole.length - 1 })), (cuts) => {
        const events = reader(false);
        for (const chunk of cutAt(
          whole,
          cuts.sort((a, b) => a - b),
        ))
          expect(events.push(chunk)).toBe(chunk);
        expect(events.end()).toHaveLength(0);
        expect(events.facts).toEqual(told);
      }),
    );
    expect(run(reader(false), [whole]).bytes).toBe(full);
  });
});

describe('the usage event', () => {
  it.each([
    ["OpenAI's", { ...base, choices: [], usage, cost: 1 }],
    [
      'one with nulls in its delta',
      { ...usageEvent, choices: [{ index: 0, delta: { role: 'assistant', content: null, tool_calls: null } }] },
    ],
    [
      'one with an empty content',
      { ...usageEvent, choices: [{ index: 0, delta: { content: '' }, finish_reason: null }] },
    ],
  ])('is dropped: %s', (_, event) => {
    const { whole, stripped } = chatStream('\n', event);
    expect(run(reader(true), [whole]).bytes).toBe(stripped);
  });

  it.each([
    ['it has content', { ...usageEvent, choices: [{ index: 0, delta: { content: 'x' }, finish_reason: null }] }],
    ['it calls a tool', { ...usageEvent, choices: [{ index: 0, delta: { tool_calls: [{}] } }] }],
    ['it finishes', { ...usageEvent, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }],
    ['it has a key that is not known', { ...usageEvent, citations: ['x'] }],
    ['its choice has one', { ...usageEvent, choices: [{ index: 0, delta: {}, content_filter_results: {} }] }],
    ['its usage is null', { ...usageEvent, usage: null }],
    ['its choices are no list', { ...usageEvent, choices: {} }],
  ])('is passed on when %s', (_, event) => {
    const { whole, full } = chatStream('\n', event);
    expect(run(reader(true), [whole]).bytes).toBe(full);
  });

  it('is passed on when its block has an id or a name', () => {
    const start = frame(delta({}, 'stop'));
    for (const field of ['id: 7\n', 'event: usage\n', 'retry: 5\n']) {
      const text = `${start}${field}${frame(usageEvent)}`;
      expect(run(reader(true), [Buffer.from(text)]).bytes).toBe(text);
    }
  });

  it('is dropped once, and never before a finish', () => {
    const one = frame(usageEvent);
    const text = frame(delta({ content: 'x' })) + one + frame(delta({}, 'stop')) + one + one;
    expect(run(reader(true), [Buffer.from(text)]).bytes).toBe(text.slice(0, -one.length));
  });

  it('is dropped without a blank line at the end, and kept where it was cut off', () => {
    const start = frame(delta({}, 'stop'));
    const last = `data: ${JSON.stringify(usageEvent)}`;
    expect(run(reader(true), [Buffer.from(start + last)])).toMatchObject({ bytes: start, facts });
    const cut = start + last.slice(0, -1);
    expect(run(reader(true), [Buffer.from(cut)]).bytes).toBe(cut);
  });

  it('is left alone in streams that are not chat', () => {
    const { whole, full } = chatStream('\n');
    expect(run(reader(true, 'responses'), [whole]).bytes).toBe(full);
  });

  it('is found in several data lines', () => {
    const start = frame(delta({}, 'stop'));
    const lines = JSON.stringify(usageEvent, null, 1)
      .split('\n')
      .map((line) => `data:${line}\n`);
    expect(run(reader(true), [Buffer.from(`${start}${lines.join('')}\n`)])).toMatchObject({ bytes: start, facts });
  });
});

describe('what is passed on, and when', () => {
  it('holds back nothing before a finish, and only parts of events after it', () => {
    const events = reader(true);
    const push = (text: string) => events.push(Buffer.from(text)).toString();
    expect(push('data: {"choices":[{"delta":{"con')).toBe('data: {"choices":[{"delta":{"con');
    expect(push('tent":"a"},"finish_reason":"stop"}]}\n')).toBe('tent":"a"},"finish_reason":"stop"}]}\n');
    expect(push('\ndata: [DO')).toBe('\n');
    expect(push('NE]\n')).toBe('');
    expect(push('\n')).toBe('data: [DONE]\n\n');
  });

  it('has read an event when it passes on the bytes that end it', () => {
    const events = reader();
    events.push(Buffer.from(frame(delta({ content: 'x' }))));
    expect(events.facts.cost).toEqual({ kind: 'missing' });
    events.push(Buffer.from(frame(usageEvent)));
    expect(events.facts).toEqual(facts);
    expect(events.sawEnd).toBe(false);
  });

  it('passes on the very chunk where nothing is cut out of it', () => {
    const events = reader(true);
    for (const json of [delta({ content: 'x' }), delta({}, 'stop'), delta({ content: 'late' })]) {
      const chunk = Buffer.from(frame(json));
      expect(events.push(chunk)).toBe(chunk);
    }
  });

  it.each([true, false])('does not keep an event of more than 1 MiB (strip: %s)', (strip) => {
    const start = frame(delta({}, 'stop'));
    const long = frame({ ...usageEvent, pad: 'x'.repeat(1_200_000) });
    const text = start + long + frame(usageEvent);
    const body = Buffer.from(text);
    const cuts = Array.from({ length: Math.floor(body.length / 16_384) }, (_, i) => (i + 1) * 16_384);
    const events = reader(strip);
    let passed = 0;
    for (const chunk of cutAt(body, cuts.slice(0, 70))) if (chunk.length < 20_000) passed += events.push(chunk).length;
    expect(passed).toBeGreaterThan(1_000_000);
    const result = run(reader(strip), cutAt(body, cuts));
    expect(result.bytes).toBe(strip ? start + long : text);
    expect(result.facts).toEqual(facts);
  });

  it('is linear in an event that comes byte by byte', () => {
    const body = Buffer.from(frame(delta({}, 'stop')) + frame(delta({ content: 'x'.repeat(100_000) })));
    const started = performance.now();
    expect(
      run(
        reader(true),
        Array.from(body, (_, i) => body.subarray(i, i + 1)),
      ).bytes,
    ).toBe(body.toString());
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('gives back any bytes, as they were', () => {
    const unit = fc.constantFrom(
      '\n',
      '\r',
      '\r\n',
      '\n\n',
      'data: ',
      ':',
      ' ',
      '\uFEFF',
      '"usage":{}',
      '{"error":{}}',
      'é',
      '[DONE]',
    );
    fc.assert(
      fc.property(fc.array(unit), fc.boolean(), fc.array(fc.nat(200)), (units, strip, at) => {
        const body = Buffer.from(units.join(''));
        const cuts = [...new Set(at.filter((cut) => cut < body.length))].sort((a, b) => a - b);
        expect(run(reader(strip), cutAt(body, cuts)).bytes).toBe(body.toString('latin1'));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('what is read', () => {
  it('reads the last event of a responses stream', () => {
    const response = { id: 'resp_1', model: 'gpt-5', cost: null, usage: null, error: null };
    const text =
      `event: response.created\n${frame({ type: 'response.created', response: { ...response, cost: 0 } })}` +
      `event: response.output_text.delta\n${frame({ type: 'response.output_text.delta', delta: 'response.completed' })}` +
      `event: response.completed\n${frame({
        type: 'response.completed',
        response: { ...response, provider: 'openai', usage: { input_tokens: 3, output_tokens: 4, cost: 0.5 } },
      })}`;
    const result = run(reader(false, 'responses'), [Buffer.from(text)]);
    expect(result).toMatchObject({ sawEnd: true, sawError: false });
    expect(result.facts).toEqual({
      cost: { kind: 'amount', nanos: 500_000_000, raw: '0.5' },
      usage: { inputTokens: 3, outputTokens: 4 },
      model: 'gpt-5',
      provider: 'openai',
      isByok: false,
    });
    const cut = run(reader(false, 'responses'), [Buffer.from(text.slice(0, 300))]);
    expect(cut).toMatchObject({ sawEnd: false, facts: { cost: { kind: 'missing' } } });
  });

  it.each([
    ['at its end', (response: object) => ({ type: 'response.completed', sequence_number: 9, response })],
    ['before other keys', (response: object) => ({ type: 'response.completed', response, sequence_number: 9 })],
  ])('reads the last event of a responses stream of more than 1 MiB, the response %s', (_, event) => {
    const output = [{ type: 'image', result: 'A'.repeat(1_500_000), usage: { cost: 9 }, cost: 9 }];
    const usage = { input_tokens: 3, output_tokens: 4, cost: 0.5 };
    const json = event({ id: 'resp_1', model: 'gpt-5', cost: null, output, usage, metadata: {} });
    const body = Buffer.from(`event: response.completed\n${frame(json)}`);
    const cuts = Array.from({ length: Math.floor(body.length / 16_384) }, (_, i) => (i + 1) * 16_384);
    const result = run(reader(false, 'responses'), cutAt(body, cuts));
    expect(result).toMatchObject({ sawEnd: true, bytes: body.toString('latin1') });
    expect(result.facts).toEqual({
      cost: { kind: 'amount', nanos: 500_000_000, raw: '0.5' },
      usage: { inputTokens: 3, outputTokens: 4 },
      model: 'gpt-5',
      isByok: false,
    });
    const cut = run(reader(false, 'responses'), cutAt(body.subarray(0, -40), cuts));
    expect(cut).toMatchObject({ sawEnd: false, facts: { cost: { kind: 'missing' } } });
  });

  it('takes no cost from inside another long value', () => {
    const inside = { pad: 'x'.repeat(1_200_000), cost: 9, usage: { prompt_tokens: 9 } };
    const body = Buffer.from(
      frame(delta({ content: 'x' })) + frame({ ...base, usage: {}, choices: [], other: inside }),
    );
    expect(run(reader(), cutAt(body, [1_000_000, 1_150_000])).facts.cost).toEqual({ kind: 'missing' });
  });

  it('reads the tokens of a messages stream, which has no cost', () => {
    const named = (json: { type: string }) => `event: ${json.type}\n${frame(json)}`;
    const start = {
      type: 'message',
      model: 'claude',
      usage: { input_tokens: 25, cache_read_input_tokens: 7, output_tokens: 1 },
    };
    const events = [
      { type: 'message_start', message: start },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'message_delta' } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { input_tokens: 0, output_tokens: 15 } },
      { type: 'message_stop' },
    ];
    const { facts: told, sawEnd } = run(reader(false, 'messages', 'anthropic'), [
      Buffer.from(events.map(named).join('')),
    ]);
    expect(sawEnd).toBe(true);
    expect(told).toEqual({
      cost: { kind: 'missing' },
      usage: { inputTokens: 25, outputTokens: 15, cachedInputTokens: 7, cacheIsExtra: true },
      model: 'claude',
      isByok: false,
    });
  });

  it('says that the output is not counted yet where only the start of a stream was', () => {
    const start = {
      type: 'message_start',
      message: { model: 'claude', usage: { input_tokens: 25, output_tokens: 1 } },
    };
    const counted = (stop_reason: string | null, output_tokens: number) => ({
      type: 'message_delta',
      delta: { stop_reason },
      usage: { output_tokens },
    });
    const early = (...events: object[]) =>
      run(reader(false, 'messages', 'anthropic'), [Buffer.from(events.map((event) => frame(event)).join(''))]).facts
        .usageIsEarly;
    expect(early(start)).toBe(true);
    expect(early(start, counted(null, 1))).toBe(true);
    expect(early(start, counted(null, 7))).toBeUndefined();
    expect(early(start, counted('end_turn', 1))).toBeUndefined();
    expect(early(start, { type: 'message_stop' })).toBeUndefined();
  });

  it('takes the last of cumulative usage', () => {
    const text = [1, 2, 3].map((tokens) =>
      frame({ ...delta({ content: 'x' }), usage: { prompt_tokens: 1, completion_tokens: tokens } }),
    );
    expect(run(reader(), [Buffer.from(text.join(''))]).facts.usage).toEqual({ inputTokens: 1, outputTokens: 3 });
  });

  it('does not take a zero on the way for the price', () => {
    const text = frame({ ...delta({ content: 'x' }), cost: 0 });
    expect(run(reader(), [Buffer.from(text)]).facts.cost).toEqual({ kind: 'missing' });
    expect(run(reader(), [Buffer.from(text + frame({ ...usageEvent, cost: 0 }))]).facts.cost).toMatchObject({
      nanos: 0,
    });
  });

  it('does not take a zero beside a usage for the price before the stream is finished', () => {
    const start = frame({ ...delta({ role: 'assistant', content: '' }), usage, cost: 0 });
    const free = { kind: 'amount', nanos: 0, raw: '0' };
    expect(run(reader(), [Buffer.from(start)]).facts.cost).toEqual({ kind: 'missing' });
    for (const end of ['data: [DONE]\n\n', frame(delta({}, 'stop')), frame({ ...base, choices: [], usage })]) {
      expect(run(reader(), [Buffer.from(start + end)]).facts.cost).toEqual(free);
    }
    const priced = start + frame({ ...usageEvent, cost: 0.5 });
    expect(run(reader(), [Buffer.from(priced)]).facts.cost).toMatchObject({ nanos: 500_000_000 });
  });

  it.each([10, 20_000])('nor one in a wrapped answer, with %d characters beside it', (length) => {
    const message = { choices: [], content: 'x'.repeat(length), usage, cost: 0 };
    expect(run(reader(), [Buffer.from(frame({ message }))]).facts.cost).toEqual({ kind: 'missing' });
  });

  it('sees the own provider key in the first chunk, and its correction', () => {
    const first = frame({ ...delta({}), edenai_metadata: { is_byok: true } });
    expect(run(reader(), [Buffer.from(first)]).facts.isByok).toBe(true);
    const error = frame({ error: { message: 'x' }, edenai_metadata: { is_byok: false } });
    expect(run(reader(), [Buffer.from(first + error)])).toMatchObject({ sawError: true, facts: { isByok: false } });
  });

  it.each([
    frame({ error: { message: 'x', code: 402 } }),
    frame({ error: 'x' }),
    'event: error\ndata: {"message":"x"}\n\n',
    'event:error\r\ndata: overloaded\r\n\r\n',
    frame({ type: 'error', error: { type: 'overloaded_error' } }),
    frame({ type: 'response.failed', response: { error: { code: 'x' } } }),
  ])('sees the error in %j', (text) => {
    expect(run(reader(), [Buffer.from(frame(delta({ content: 'x' })) + text)]).sawError).toBe(true);
  });

  it.each([frame({ ...delta({ content: '"error":{}' }), error: null }), frame(delta({ content: 'event: error' }))])(
    'sees no error in %j',
    (text) => {
      expect(run(reader(), [Buffer.from(frame(delta({ content: 'x' })) + text)]).sawError).toBe(false);
    },
  );
});
