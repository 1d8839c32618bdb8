import type { RequestListener } from 'node:http';
import type { MeterOptions } from '@eden-cost/core';
import undici7 from 'undici';
import * as undici6 from 'undici6';
import { type Origins, useOrigins } from './http-origins.js';

type Undici = typeof undici7;

/** The majors whose handlers have different shapes; the fetch of Node has the one or the other. */
export const COPIES: readonly (readonly [name: string, undici: Undici])[] = [
  ['undici 6', undici6 as unknown as Undici],
  ['undici 7', undici7],
];

/** Like `useOrigins`, with a meter that knows each copy of undici. */
export function useUndiciOrigins(): (listener: RequestListener, options?: MeterOptions) => Promise<Origins> {
  const origins = useOrigins();
  return async (listener, options) => {
    const there = await origins(listener, options);
    for (const [, undici] of COPIES) there.meter.instrument(undici);
    return there;
  };
}
