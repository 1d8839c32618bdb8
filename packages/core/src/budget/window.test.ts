import fc from 'fast-check';
import { type CalendarUnit, prepareTimeZones, windowAt } from './window.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (text: string) => Date.parse(text);
const texts = (unit: CalendarUnit, zone: string, now: string) => {
  const { start, end } = windowAt(unit, zone, at(now));
  return [new Date(start).toISOString(), new Date(end).toISOString()];
};

beforeAll(async () => {
  await prepareTimeZones();
});

describe('windowAt in UTC', () => {
  test.each<[CalendarUnit, string, string, string]>([
    ['hour', '2026-11-03T12:34:56.789Z', '2026-11-03T12:00:00.000Z', '2026-11-03T13:00:00.000Z'],
    ['day', '2026-11-03T12:34:56.789Z', '2026-11-03T00:00:00.000Z', '2026-11-04T00:00:00.000Z'],
    ['week', '2026-11-01T23:59:59.999Z', '2026-10-26T00:00:00.000Z', '2026-11-02T00:00:00.000Z'],
    ['week', '2026-11-02T00:00:00.000Z', '2026-11-02T00:00:00.000Z', '2026-11-09T00:00:00.000Z'],
    ['month', '2024-02-29T12:00:00.000Z', '2024-02-01T00:00:00.000Z', '2024-03-01T00:00:00.000Z'],
    ['month', '2026-12-31T23:59:59.999Z', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    ['day', '1969-12-31T23:00:00.000Z', '1969-12-31T00:00:00.000Z', '1970-01-01T00:00:00.000Z'],
  ])('a %s at %s', (unit, now, start, end) => {
    expect(texts(unit, 'UTC', now)).toEqual([start, end]);
  });
});

describe('windowAt in a time zone', () => {
  test.each<[string, CalendarUnit, string, string, string]>([
    ['Europe/Paris', 'day', '2026-03-29T12:00Z', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
    ['Europe/Paris', 'day', '2026-10-25T12:00Z', '2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'],
    ['Europe/Paris', 'week', '2026-10-25T12:00Z', '2026-10-18T22:00:00.000Z', '2026-10-25T23:00:00.000Z'],
    ['Europe/Paris', 'month', '2026-10-31T23:30Z', '2026-10-31T23:00:00.000Z', '2026-11-30T23:00:00.000Z'],
    ['Asia/Kolkata', 'hour', '2026-11-03T12:10Z', '2026-11-03T11:30:00.000Z', '2026-11-03T12:30:00.000Z'],
    ['Asia/Kathmandu', 'hour', '2026-11-03T12:10Z', '2026-11-03T11:15:00.000Z', '2026-11-03T12:15:00.000Z'],
  ])('%s: the %s of %s', (zone, unit, now, start, end) => {
    expect(texts(unit, zone, now)).toEqual([start, end]);
  });

  test('Paris has a day of 23 hours and one of 25', () => {
    const lengths = ['2026-03-29T12:00Z', '2026-10-25T12:00Z'].map((now) => {
      const { start, end } = windowAt('day', 'Europe/Paris', at(now));
      return (end - start) / HOUR;
    });
    expect(lengths).toEqual([23, 25]);
  });

  test('São Paulo: a day without a midnight begins at 01:00', () => {
    expect(texts('day', 'America/Sao_Paulo', '2018-11-04T12:00Z')).toEqual([
      '2018-11-04T03:00:00.000Z',
      '2018-11-05T02:00:00.000Z',
    ]);
    expect(texts('day', 'America/Sao_Paulo', '2018-11-04T02:59:59Z')[1]).toBe('2018-11-04T03:00:00.000Z');
  });

  test('Apia: 30 December 2011 does not exist, so the 29th borders on the 31st', () => {
    const skipped = '2011-12-30T10:00:00.000Z';
    expect(texts('day', 'Pacific/Apia', '2011-12-30T09:59:59Z')).toEqual(['2011-12-29T10:00:00.000Z', skipped]);
    expect(texts('day', 'Pacific/Apia', '2011-12-30T10:00:00Z')).toEqual([skipped, '2011-12-31T10:00:00.000Z']);
  });

  test("St John's: the hour that a new day was put back into the old one counts to the new one", () => {
    const midnight = '2010-11-07T02:30:00.000Z';
    expect(texts('day', 'America/St_Johns', '2010-11-07T02:29:59Z')[1]).toBe(midnight);
    for (const now of ['2010-11-07T03:00Z', '2010-11-07T02:30:30Z', '2010-11-07T12:00Z']) {
      expect(texts('day', 'America/St_Johns', now)[0]).toBe(midnight);
    }
  });

  test.each([
    ['forward: 02:00 becomes 02:30', '2026-10-03T15:00Z', [60, 30, 60]],
    ['back: 02:00 becomes 01:30', '2026-04-04T14:00Z', [60, 30, 60]],
  ])('Lord Howe changes by half an hour; %s', (_, from, lengths) => {
    let now = windowAt('hour', 'Australia/Lord_Howe', at(from)).start;
    const found = lengths.map(() => {
      const { start, end } = windowAt('hour', 'Australia/Lord_Howe', now);
      expect(start).toBe(now);
      now = end;
      return (end - start) / 60_000;
    });
    expect(found).toEqual(lengths);
  });

  const zones = [
    'UTC',
    'Europe/Paris',
    'America/New_York',
    'America/Sao_Paulo',
    'America/St_Johns',
    'America/Havana',
    'Asia/Kolkata',
    'Asia/Kathmandu',
    'Asia/Tehran',
    'Asia/Gaza',
    'Australia/Lord_Howe',
    'Africa/Cairo',
    'Africa/Casablanca',
    'Atlantic/Azores',
    'Pacific/Apia',
    'Pacific/Chatham',
    'Pacific/Kiritimati',
    'Antarctica/Troll',
  ];
  const instants = fc.integer({ min: at('1995-01-01T00:00Z'), max: at('2037-12-31T00:00Z') });

  test('windows contain their instant, and border on each other', () => {
    const units = fc.constantFrom<CalendarUnit>('hour', 'day', 'week', 'month');
    fc.assert(
      fc.property(units, fc.constantFrom(...zones), instants, (unit, zone, now) => {
        const { start, end } = windowAt(unit, zone, now);
        expect(start).toBeLessThanOrEqual(now);
        expect(end).toBeGreaterThan(now);
        expect(windowAt(unit, zone, start)).toEqual({ start, end });
        expect(windowAt(unit, zone, end - 1)).toEqual({ start, end });
        expect(windowAt(unit, zone, end).start).toBe(end);
        expect(windowAt(unit, zone, start - 1).end).toBe(start);
      }),
      { numRuns: 600 },
    );
  });

  test('no hour is longer than an hour, also around changes of the clock', () => {
    const changes = zones.slice(1).flatMap((zone) => changesOf(zone).map((change) => [zone, change] as const));
    expect(changes.length).toBeGreaterThan(100);
    for (const [zone, change] of changes) {
      for (let now = change - 2 * HOUR; now < change + 2 * HOUR; now += 7 * 60_000) {
        const { start, end } = windowAt('hour', zone, now);
        expect(end - start).toBeLessThanOrEqual(HOUR);
        expect([start <= now, now < end]).toEqual([true, true]);
      }
      expect(windowAt('hour', zone, change - 1).end).toBe(change);
      expect(windowAt('hour', zone, change).start).toBe(change);
    }
  });

  /** By the hour, from 2009 to 2020, as `Intl` tells the offset. */
  function changesOf(zone: string): number[] {
    const format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
    const offset = (now: number) => format.format(now).split(' ').at(-1);
    const found: number[] = [];
    for (let day = at('2009-01-01T00:00Z'); day < at('2013-01-01T00:00Z'); day += DAY) {
      if (offset(day) === offset(day + DAY)) continue;
      let [before, after] = [day, day + DAY];
      while (after - before > 1) {
        const middle = Math.floor((before + after) / 2);
        if (offset(middle) === offset(before)) before = middle;
        else after = middle;
      }
      found.push(after);
    }
    return found;
  }
});

test('asking again costs nanoseconds', () => {
  const now = at('2026-11-03T12:34Z');
  windowAt('day', 'Europe/Paris', now);
  const started = performance.now();
  for (let index = 0; index < 100_000; index++) windowAt('day', 'Europe/Paris', now + index);
  expect((performance.now() - started) * 10).toBeLessThan(5_000);
});
