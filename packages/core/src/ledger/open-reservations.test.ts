import fc from 'fast-check';
import { ADMITTED } from './admission.js';
import { hashOf } from './id-index.js';
import { OpenReservations } from './open-reservations.js';
import { Reservation } from './reservation.js';

const reservation = (id: string) => Reservation.open({ id, at: 0, ttlMs: 1, holds: [] }, 0, [], ADMITTED);

test('finds what was added and not removed, like a Map', () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(300)), { maxLength: 1_000 });
  fc.assert(
    fc.property(steps, (schedule) => {
      const open = new OpenReservations();
      const map = new Map<string, Reservation>();
      for (const [adds, number] of schedule) {
        const id = `call-${number}`;
        const found = open.find(id, hashOf(id));
        expect(found).toBe(map.get(id));
        if (adds && found === undefined) {
          const one = reservation(id);
          open.add(one);
          map.set(id, one);
        } else if (!adds) {
          open.remove(found ?? reservation(id), hashOf(id));
          map.delete(id);
        }
      }
      for (let number = 0; number <= 300; number++) {
        const id = `call-${number}`;
        expect(open.find(id, hashOf(id))).toBe(map.get(id));
      }
    }),
  );
});
