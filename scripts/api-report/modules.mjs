import { dirname, join } from 'node:path';
import { readModule } from './module.mjs';

/** Reads each file once. */
export class Modules {
  #read = new Map();

  read(file) {
    if (!this.#read.has(file)) this.#read.set(file, readModule(file));
    return this.#read.get(file);
  }

  /** `from`, as `module` names it; `undefined` for that of another package. */
  next(module, from) {
    return from.startsWith('.') ? this.read(join(dirname(module.file), from.replace(/\.js$/, '.d.ts'))) : undefined;
  }

  /** `module`, and all that it needs. */
  all(module, found = new Set()) {
    if (found.has(module)) return found;
    found.add(module);
    for (const from of module.needs) {
      const next = this.next(module, from);
      if (next !== undefined) this.all(next, found);
    }
    return [...found];
  }
}
