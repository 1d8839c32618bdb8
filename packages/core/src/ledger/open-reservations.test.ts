import fc from 'fast-check';
import { ADMITTED } from './admission.js';
import { hashOf } from './id-index.js';
import { OpenReservations } from './open-reservations.js';
import { Reservation } from './reservation.js';

const reservation = (id: string) => Reservation.open({ id, at: 0, ttlMs: 1, holds: [] }, 0, [], ADMITTED);

test('finds what was added and not removed, like a Map', () => {
  const ids = Array.from({ length: 300 }, (_, number) => `call-${number}`);
  const schedules = fc.array(fc.tuple(fc.boolean(), fc.constantFrom(...ids)), { minLength: 400, maxLength: 600 });
  fc.assert(
    fc.property(schedules, (schedule) => {
      const open = new OpenReservations();
      const map = new Map<string, Reservation>();
      for (const [adds, id] of schedule) {
        const found = open.find(id, hashOf(id));
        if (adds && found === undefined) {
          const one = reservation(id);
          open.add(one, hashOf(one.id));
          map.set(id, one);
        } else if (!adds) {
          open.remove(found ?? reservation(id), hashOf(id));
          map.delete(id);
        }
      }
      expect(ids.filter((id) => open.find(id, hashOf(id)) !== map.get(id))).toEqual([]);
    }),
    { numRuns: 20 },
  );
});
