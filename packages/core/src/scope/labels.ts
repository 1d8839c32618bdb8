import { isPromise } from '../maybe.js';

/** What a label may be given as. Numbers and booleans become text; `undefined`, `null` and `''` mean "not known (yet)". */
export type LabelValue = string | number | boolean | null | undefined;

export type LabelSource = () => Record<string, LabelValue> | undefined;

/** Said in words of ours, which may be logged: an error of the app's own may hold anything. */
export class LabelsError extends TypeError {}

/** @throws {LabelsError} for an object without a text of its own: it would be the same label for everybody */
function labelText(value: LabelValue): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'object' || typeof value === 'function' || typeof value === 'symbol') {
    const plain = typeof value === 'object' && (value as object).toString !== Object.prototype.toString;
    if (!plain || Array.isArray(value)) throw new LabelsError('A label must be a text, a number or a boolean');
  }
  return String(value);
}

/** What is no object of labels: a Map, a Set or Headers keep what is in them elsewhere than in properties. */
function wrongKind(labels: unknown): string | undefined {
  if (typeof labels !== 'object' || labels === null) return typeof labels;
  if (Array.isArray(labels)) return 'list';
  return Symbol.iterator in labels ? Object.prototype.toString.call(labels).slice(8, -1) : undefined;
}

const NONE: Readonly<Record<string, string>> = Object.freeze({});

/**
 * The labels of one scope. A source (the app's `labels` function) is read when labels are first needed, and again each
 * time until every key that it names has a value: authentication may come after the middleware.
 */
export class Labels {
  /** Never changed, but replaced: a charge keeps what it was told. A label may be called anything, also `__proto__`. */
  #values = NONE;
  #open: readonly LabelSource[] = [];

  constructor(private readonly failed: (cause: unknown) => void) {}

  /** One that goes on by itself. */
  copy(): Labels {
    const copy = new Labels(this.failed);
    copy.#values = this.#values;
    copy.#open = this.#open;
    return copy;
  }

  from(source: LabelSource): void {
    this.#open = [...this.#open, source];
  }

  set(key: string, value: LabelValue): void {
    const text = labelText(value);
    if (text !== undefined) this.#values = Object.freeze({ ...this.#values, [key]: text });
  }

  /** As they are now. */
  read(): Readonly<Record<string, string>> {
    if (this.#open.length > 0) this.#open = this.#open.filter((source) => !this.#complete(source));
    return this.#values;
  }

  #complete(source: LabelSource): boolean {
    try {
      const labels: unknown = source();
      if (isPromise(labels)) {
        labels.then(undefined, this.failed); // what nobody catches would end the process
        throw new LabelsError('labels() must answer at once, and returned a promise');
      }
      const wrong = wrongKind(labels ?? {});
      if (wrong !== undefined) {
        throw new LabelsError(`labels() must return an object, as { tenant: 'acme' }, and returned a ${wrong}`);
      }
      const entries = Object.entries((labels ?? {}) as Record<string, LabelValue>);
      for (const [key, value] of entries) {
        if (!Object.hasOwn(this.#values, key)) this.set(key, value);
      }
      return entries.length > 0 && entries.every(([key]) => Object.hasOwn(this.#values, key));
    } catch (cause) {
      this.failed(cause);
      return false;
    }
  }
}
