import { manualClock } from './manual-clock.js';

describe('manualClock', () => {
  it('stands still until it is moved', () => {
    const clock = manualClock(1_000);
    expect(clock.now()).toBe(1_000);
    clock.advance(250);
    expect(clock.now()).toBe(1_250);
  });

  it('fires due timers in order, each at its own time', () => {
    const clock = manualClock(0);
    const fired: [string, number][] = [];
    clock.after(30, () => fired.push(['c', clock.now()]));
    clock.after(10, () => fired.push(['a', clock.now()]));
    clock.after(10, () => fired.push(['b', clock.now()]));
    clock.after(31, () => fired.push(['late', clock.now()]));
    clock.advance(30);
    expect(fired).toEqual([
      ['a', 10],
      ['b', 10],
      ['c', 30],
    ]);
    expect(clock.pending).toBe(1);
  });

  it('fires a timer that another timer starts, when it is due in the same step', () => {
    const clock = manualClock(0);
    const fired: number[] = [];
    const again = () => {
      fired.push(clock.now());
      clock.after(10, again);
    };
    clock.after(10, again);
    clock.advance(35);
    expect(fired).toEqual([10, 20, 30]);
    expect(clock.now()).toBe(35);
  });

  it('does not fire a cancelled timer', () => {
    const clock = manualClock();
    const fn = jest.fn();
    clock.after(1, fn).cancel();
    clock.advance(5);
    expect(fn).not.toHaveBeenCalled();
    expect(clock.pending).toBe(0);
  });

  it('lets promises run between timers, when it is asked to', async () => {
    const clock = manualClock(0);
    const woken: number[] = [];
    const sleep = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
    const run = (async () => {
      for (let i = 0; i < 3; i += 1) {
        await sleep(10);
        woken.push(clock.now());
      }
    })();
    await clock.advanceAsync(30);
    expect(woken).toEqual([10, 20, 30]);
    await run;
  });

  it('keeps the delay of its timers when the time of day is set', () => {
    const clock = manualClock(0);
    const fn = jest.fn();
    clock.after(100, fn);
    clock.set(1_000_000);
    expect(clock.now()).toBe(1_000_000);
    expect(fn).not.toHaveBeenCalled();
    clock.advance(99);
    expect(fn).not.toHaveBeenCalled();
    clock.advance(1);
    expect(fn).toHaveBeenCalledTimes(1);
    clock.set(0);
    expect(clock.now()).toBe(0);
  });

  it('does not advance backwards', () => {
    expect(() => manualClock().advance(-1)).toThrow(RangeError);
    expect(() => manualClock().advance(Number.NaN)).toThrow(RangeError);
  });
});
