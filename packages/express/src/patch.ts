import type { Meter } from '@eden-cost/core';

export type Methods = Record<string | symbol, unknown>;

const PATCHED = Symbol.for('@eden-cost/express:1');

/** Replaces methods of a prototype once. Taken back when the meter is closed, unless somebody wrapped them after us. */
export function patch(prototype: Methods, replace: () => Methods, meter: Meter): void {
  if (Object.hasOwn(prototype, PATCHED)) return;
  const ours = replace();
  const originals = Object.fromEntries(Object.keys(ours).map((name) => [name, prototype[name]]));
  Object.assign(prototype, ours, { [PATCHED]: true });
  meter.onClose(() => {
    if (Object.entries(ours).some(([name, method]) => prototype[name] !== method)) return false;
    Object.assign(prototype, originals);
    delete prototype[PATCHED];
    return true;
  });
}
