import { misuseOf } from './reply-option-names.js';
import type { ReplyOptions } from './reply-options.js';

const toAscii = (text: string): string =>
  text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/**
 * The header with which one request decides its own answer, before any rule: for calls that run at the same time.
 *
 * @example
 * await fetch(url, { method: 'POST', headers: standInHeaders({ costUsd: 0.0123 }), body });
 */
export function standInHeaders(options: Omit<ReplyOptions, 'hold'>): { 'x-stand-in': string } {
  const misuse = misuseOf(options) ?? ('hold' in options ? 'a promise fits in no header; use script()' : undefined);
  if (misuse) throw new TypeError(`standInHeaders(): ${misuse}`);
  return { 'x-stand-in': toAscii(JSON.stringify(options)) };
}
