import { systemClock } from './clock.js';

describe('systemClock', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  test('tells the milliseconds since the epoch', () => {
    const before = Date.now();
    expect(systemClock.now()).toBeGreaterThanOrEqual(before);
    expect(systemClock.now()).toBeLessThanOrEqual(Date.now());
  });

  test('calls once, after the time', () => {
    jest.useFakeTimers();
    const called = jest.fn();
    systemClock.after(100, called);
    jest.advanceTimersByTime(99);
    expect(called).not.toHaveBeenCalled();
    jest.advanceTimersByTime(10_000);
    expect(called).toHaveBeenCalledTimes(1);
  });

  test('does not call what was cancelled', () => {
    jest.useFakeTimers();
    const called = jest.fn();
    const timer = systemClock.after(100, called);
    timer.cancel();
    timer.cancel();
    jest.advanceTimersByTime(1_000);
    expect(called).not.toHaveBeenCalled();
  });

  const DAY = 86_400_000;

  test('waits 60 days, longer than setTimeout can', () => {
    jest.useFakeTimers();
    const called = jest.fn();
    systemClock.after(60 * DAY, called);
    jest.advanceTimersByTime(60 * DAY - 1);
    expect(called).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(called).toHaveBeenCalledTimes(1);
  });

  test('cancels a long wait also after it was taken up again', () => {
    jest.useFakeTimers();
    const called = jest.fn();
    const timer = systemClock.after(60 * DAY, called);
    jest.advanceTimersByTime(50 * DAY);
    timer.cancel();
    jest.advanceTimersByTime(50 * DAY);
    expect(called).not.toHaveBeenCalled();
  });

  test('does not keep the process alive', () => {
    jest.spyOn(globalThis, 'setTimeout');
    systemClock.after(60_000, () => {});
    const timer = jest.mocked(setTimeout).mock.results[0]?.value as NodeJS.Timeout;
    expect(timer.hasRef()).toBe(false);
    clearTimeout(timer);
    jest.restoreAllMocks();
  });
});
