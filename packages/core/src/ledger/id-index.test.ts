import fc from 'fast-check';
import { hashOf, IdIndex } from './id-index.js';

test('finds what was set last, like a Map', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.nat()), { maxLength: 300 }), (pairs) => {
      const index = new IdIndex();
      const map = new Map<string, number>();
      for (const [id, value] of pairs) {
        index.set(id, hashOf(id), value);
        map.set(id, value);
        expect(index.size).toBe(map.size);
      }
      for (const [id] of pairs) expect(index.get(id, hashOf(id))).toBe(map.get(id));
      expect(index.get('none of these', hashOf('none of these'))).toBeUndefined();
    }),
  );
});

test('tells ids of one hash apart', () => {
  const index = new IdIndex();
  for (let value = 0; value < 500; value++) index.set(`id-${value}`, 7, value);
  for (let value = 0; value < 500; value++) expect(index.get(`id-${value}`, 7)).toBe(value);
  expect(index.get('id-500', 7)).toBeUndefined();
});

test('ids that count upwards spread over the slots', () => {
  const slots = new Set(Array.from({ length: 4_096 }, (_, index) => hashOf(`call-${index}`) & 4_095));
  expect(slots.size).toBeGreaterThan(2_000);
});
