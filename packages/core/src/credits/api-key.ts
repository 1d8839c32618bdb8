import { OptionsError } from '../errors.js';
import { Secret } from './secret.js';

interface Fault {
  readonly when: (key: string) => boolean;
  /** What is wrong, and the fix: never the key. */
  readonly what: string;
}

/** What environment files, shells and secret stores make of a key: the first that fits is told. */
const FAULTS: readonly Fault[] = [
  { when: (key) => key.trim() === '', what: 'is empty: set the variable that it comes from' },
  {
    when: (key) => /^(?:undefined|null|nan|true|false|\[object \w+\])$/i.test(key.trim()),
    what: 'is the text of a value that is none, such as "undefined": set the variable that it comes from',
  },
  {
    when: (key) => /^["'`]|["'`]$/.test(key.trim()),
    what: 'has quotes around it: leave them out, where it is set',
  },
  { when: (key) => /^bearer\b/i.test(key.trim()), what: 'begins with "Bearer": give the key alone' },
  {
    when: (key) => key !== key.trim(),
    what: 'has white space around it, as the line break at the end of a file: leave it out',
  },
  { when: (key) => !/^[\x21-\x7e]+$/.test(key), what: 'must be an API key of Eden AI: one text without spaces' },
];

/**
 * An inference key, for what the meter reads itself.
 *
 * @throws {OptionsError} `ERR_COST_OPTIONS`, without the key
 */
export function apiKeyOf(name: string, key: unknown): Secret {
  const text = keyText(name, key);
  if (!text.startsWith('mgmt-')) return new Secret(text);
  throw new OptionsError(
    `options.${name} is a management key (mgmt-eden-...), which may only call /v3/manage: give an inference key (sk-eden-...) there, and this one as options.credits.managementKey`,
  );
}

/**
 * A key for `/v3/manage`.
 *
 * @throws {OptionsError} `ERR_COST_OPTIONS`, without the key
 */
export function managementKeyOf(name: string, key: unknown): Secret {
  const text = keyText(name, key);
  if (!text.startsWith('sk-')) return new Secret(text);
  throw new OptionsError(
    `options.${name} is an inference key (sk-eden-...), which may not call /v3/manage: give a management key (mgmt-eden-...), or leave it out`,
  );
}

function keyText(name: string, key: unknown): string {
  if (typeof key !== 'string') throw new OptionsError(`options.${name} must be an API key of Eden AI: a text`);
  const fault = FAULTS.find(({ when }) => when(key));
  if (fault === undefined) return key;
  throw new OptionsError(`options.${name} ${fault.what}`);
}
