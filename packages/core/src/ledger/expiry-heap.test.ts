import fc from 'fast-check';
import { type Expiring, ExpiryHeap } from './expiry-heap.js';

test('always has the earliest at hand, whatever is added, moved and taken out', () => {
  const step = fc.record({ kind: fc.constantFrom('add', 'move', 'remove', 'pop'), which: fc.nat(30), at: fc.nat(100) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const heap = new ExpiryHeap<Expiring>();
      const model: Expiring[] = [];
      for (const { kind, which, at } of steps) {
        const item = kind === 'pop' ? heap.earliest : model[which % Math.max(1, model.length)];
        if (kind === 'add') {
          const added = { expiresAt: at, heapIndex: -1 };
          model.push(added);
          heap.add(added);
        } else if (item !== undefined && kind === 'move') {
          heap.move(item, at);
        } else if (item !== undefined) {
          heap.remove(item);
          heap.remove(item);
          model.splice(model.indexOf(item), 1);
          expect(item.heapIndex).toBe(-1);
        }
        expect(heap.size).toBe(model.length);
        expect(heap.earliest?.expiresAt).toBe(
          model.length === 0 ? undefined : Math.min(...model.map(({ expiresAt }) => expiresAt)),
        );
      }
    }),
    { numRuns: 500 },
  );
});
