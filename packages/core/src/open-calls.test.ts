import fc from 'fast-check';
import type { Clock } from './clock.js';
import { type OpenCall, OpenCalls } from './open-calls.js';

/** A clock whose timers come when they are told to. */
function clock() {
  const timers: (() => void)[] = [];
  const stopped: Clock = {
    now: () => 0,
    after(_ms, fn) {
      timers.push(fn);
      return { cancel: () => timers.splice(timers.indexOf(fn), 1) };
    },
  };
  return { clock: stopped, ring: () => timers.splice(0).forEach((fn) => void fn()) };
}

function openCalls() {
  const extended: (readonly string[])[] = [];
  const time = clock();
  const ledger = { extend: (ids: readonly string[]) => void extended.push(ids) };
  return { calls: new OpenCalls(ledger, time.clock, 30_000, () => {}), extended, ring: time.ring };
}

describe('the calls in flight', () => {
  it('are those that were begun and are not over, in whatever order they end; only their reservations are kept up', () => {
    const step = fc.record({ ends: fc.option(fc.nat(20)), estimate: fc.nat(1_000), isReserved: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { calls, extended, ring } = openCalls();
        const open: OpenCall[] = [];
        for (const [index, { ends, estimate, isReserved }] of steps.entries()) {
          if (ends === null || open.length === 0) open.push(calls.add(`call ${index}`, estimate, isReserved));
          else calls.delete(open.splice(ends % open.length, 1)[0] as OpenCall);
          expect([...calls.estimates]).toEqual(open.map((call) => [call.id, call.estimate]));
          expect(calls.size).toBe(open.length);
        }
        ring();
        const reserved = open.filter((call) => call.isReserved).map(({ id }) => id);
        expect(extended).toEqual(reserved.length === 0 ? [] : [reserved]);
      }),
    );
  });

  it('that are over keep none of the others, and are not over twice', () => {
    const { calls } = openCalls();
    const all = ['a', 'b', 'c'].map((id) => calls.add(id, 1, true)) as [OpenCall, OpenCall, OpenCall];
    calls.delete(all[1]);
    calls.delete(all[1]);
    expect(calls.size).toBe(2);
    expect([all[1].before, all[1].after]).toEqual([all[1], all[1]]);
  });

  it('are waited for until the last of them is over', async () => {
    const { calls } = openCalls();
    const [first, last] = [calls.add('a', 1, true), calls.add('b', 1, false)];
    let isDrained = false;
    const drained = calls.drain(Number.POSITIVE_INFINITY).then(() => {
      isDrained = true;
    });
    calls.delete(last);
    await new Promise(setImmediate);
    expect(isDrained).toBe(false);
    calls.delete(first);
    await drained;
  });
});
