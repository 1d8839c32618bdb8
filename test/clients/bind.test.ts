import http from 'node:http';
import type { Meter } from '@eden-cost/core';
import { formatUsd } from '@eden-cost/core';
import { CHAT, postInit } from '../support/calls.js';
import { many } from '../support/lists.js';
import { useMeteredEden } from '../support/meter.js';

const metered = useMeteredEden();

type Task = () => Promise<void>;

/** As p-queue and LangChain's limits work: whoever comes first runs the tasks of those who come later, too. */
class InProcessQueue {
  #waiting: Task[] = [];
  #running = false;

  add(task: Task): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => task().then(resolve, reject));
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let task = this.#waiting.shift(); task; task = this.#waiting.shift()) await task();
    this.#running = false;
  }
}

const CALLS: Record<string, (nanos: number) => Task> = {
  fetch: (nanos) => async () => {
    const reply = { costUsd: formatUsd(nanos) };
    await (await fetch(`${metered.eden.baseUrl}/chat/completions`, postInit(CHAT, { reply }))).text();
  },
  'node:http': (nanos) => () =>
    new Promise((resolve, reject) => {
      const { headers } = postInit(CHAT, { reply: { costUsd: formatUsd(nanos) } });
      const url = `${metered.eden.baseUrl}/chat/completions`;
      const request = http.request(url, { method: 'POST', headers: headers as Record<string, string> }, (response) => {
        response.resume().on('end', () => resolve());
      });
      request.on('error', reject).end(JSON.stringify(CHAT));
    }),
};

/** Ten requests put a call each into the same queue; what each of them is charged. */
const queued = (meter: Meter, wrap: (task: Task) => Task, call: (nanos: number) => Task): Promise<number[]> => {
  const queue = new InProcessQueue();
  return Promise.all(
    many(10, (index) =>
      meter.run({}, async () => {
        const scope = meter.current();
        await queue.add(wrap(call(index + 1)));
        return scope?.totalNanos ?? 0;
      }),
    ),
  );
};

describe.each(Object.entries(CALLS))('calls over %s from an in-process queue', (_name, call) => {
  it('belong to the request that made them, with meter.bind', async () => {
    const meter = metered.meter();
    expect(await queued(meter, (task) => meter.bind(task), call)).toEqual(many(10, (index) => index + 1));
  });

  it('would belong to whoever came first, without it', async () => {
    const meter = metered.meter();
    expect(await queued(meter, (task) => task, call)).not.toEqual(many(10, (index) => index + 1));
    expect(meter.snapshot()).toMatchObject({ calls: 10, costNanos: 55, unattributedNanos: 0 });
  });
});

describe('a bound function', () => {
  it('keeps its this, its arguments and what it returns', () => {
    const meter = metered.meter();
    const counter = {
      base: 40,
      add: meter.bind(function (this: { base: number }, more: number) {
        return this.base + more;
      }),
    };
    expect(counter.add(2)).toBe(42);
  });

  it('throws what it throws', () => {
    const meter = metered.meter();
    expect(
      meter.bind(() => {
        throw new RangeError('out');
      }),
    ).toThrow(RangeError);
  });

  it('that was bound outside of any scope stays there', async () => {
    const meter = metered.meter();
    const bound = meter.bind(() => meter.current());
    expect(meter.run({}, () => bound())).toBeUndefined();
  });
});
