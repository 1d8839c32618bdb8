import type { ReserveRequest } from './ledger.js';
import { PartedReservations } from './parted-reservations.js';

const NOW = 1_000;
const MINUTE = 60_000;

const requestOf = (id: string, at: number): ReserveRequest => ({
  id,
  at,
  ttlMs: MINUTE,
  holds: [{ account: { key: 'request', owner: {} }, amount: 1, limit: 100, enforce: true, thresholds: [] }],
});

function setUp(mostEnded = 100) {
  const parted = new PartedReservations(mostEnded);
  const begin = (id: string, at = NOW) => {
    const request = requestOf(id, at);
    parted.add(request, parted.attempt(request));
  };
  return { parted, begin };
}

test('of those that have ended, no more are remembered than it was told, the latest', () => {
  const { parted, begin } = setUp(10);
  begin('open');
  for (let call = 0; call < 100; call++) {
    begin(`c${call}`);
    parted.end(`c${call}`, NOW);
  }
  const remembered = Array.from({ length: 100 }, (_, call) => call).filter((call) => parted.find(`c${call}`));
  expect(remembered.length).toBeGreaterThanOrEqual(5);
  expect(remembered.length).toBeLessThanOrEqual(10);
  expect(remembered.at(-1)).toBe(99);
  expect(parted.find('open')).toBeDefined();
});

test('one that has ended is remembered for ten minutes, without its accounts, and not much longer', () => {
  const { parted, begin } = setUp();
  begin('a');
  expect(parted.find('a')?.accounts).toHaveLength(1);
  parted.end('a', NOW);
  const later = (minutes: number) => {
    begin(`at-${minutes}`, NOW + minutes * MINUTE);
    parted.end(`at-${minutes}`, NOW + minutes * MINUTE);
    return parted.find('a');
  };
  expect(later(10)).toMatchObject({ accounts: undefined, ownId: 'a 0' });
  later(11);
  expect(later(22)).toBeUndefined();
});

test('one that nobody settles goes after it has expired, unless it was extended', () => {
  const { parted, begin } = setUp();
  begin('a');
  begin('b');
  parted.extend(['b', 'nobody'], 30 * MINUTE, NOW);
  for (const id of ['c', 'd', 'e']) begin(id, NOW + 12 * MINUTE);
  expect(parted.find('a')).toBeUndefined();
  expect(parted.find('b')).toBeDefined();
});
