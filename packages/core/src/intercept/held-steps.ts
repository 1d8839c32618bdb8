import type { ClientRequest } from 'node:http';
import { isUint8Array } from 'node:util/types';

type Chunk = string | Uint8Array | undefined;
export type Done = (error?: Error | null) => void;

/** What the app did with a request while it was held. */
interface Step {
  readonly what: 'write' | 'end' | 'flushHeaders';
  readonly chunk?: Chunk;
  readonly encoding?: BufferEncoding | undefined;
  readonly done?: Done | undefined;
}

/** Keeps what the app does with a request, to be done again once it goes out. */
export class HeldSteps {
  readonly #steps: Step[] = [];
  /** Of the body so far; of a string, about. */
  bytes = 0;

  write(chunk: unknown, encoding: unknown): void {
    this.#add('write', chunk, encoding, undefined);
  }

  end(chunk: unknown, encoding: unknown, done: Done | undefined): void {
    this.#add('end', chunk, encoding, done);
  }

  flushHeaders(): void {
    this.#steps.push({ what: 'flushHeaders' });
  }

  #add(what: Step['what'], given: unknown, said: unknown, done: Done | undefined): void {
    const chunk = (given ?? undefined) as Chunk;
    const encoding = typeof said === 'string' ? (said as BufferEncoding) : undefined;
    this.#steps.push({ what, chunk, encoding, done });
    this.bytes += chunk?.length ?? 0;
  }

  /** All that was written; `undefined` for nothing. */
  body(): Buffer | undefined {
    const parts: Buffer[] = [];
    for (const step of this.#steps) if (step.chunk !== undefined) parts.push(bytesOf(step.chunk, step.encoding));
    return parts.length < 2 ? parts[0] : Buffer.concat(parts);
  }

  /** Another body, written in the way that the app wrote its own: at once where it did, else in chunks. */
  change(body: Buffer): void {
    const end = this.#steps.findLast((step) => step.what === 'end');
    const chunked = this.#steps.some((step) => step.what === 'write');
    this.#steps.length = 0;
    if (chunked) this.#steps.push({ what: 'write', chunk: body });
    this.#steps.push({ what: 'end', chunk: chunked ? undefined : body, done: end?.done });
  }

  /** Strings stay strings: Node sends one together with the head, in a single write. */
  replay(request: ClientRequest): void {
    for (const step of this.#steps.splice(0)) {
      if (step.what === 'flushHeaders') request.flushHeaders();
      else if (step.what === 'write') request.write(step.chunk, step.encoding as BufferEncoding);
      else if (step.chunk === undefined) request.end(step.done as () => void);
      else request.end(step.chunk, step.encoding as BufferEncoding, step.done as () => void);
    }
  }
}

export const isChunk = (chunk: unknown): chunk is string | Uint8Array =>
  typeof chunk === 'string' || isUint8Array(chunk);

function bytesOf(chunk: string | Uint8Array, encoding: BufferEncoding = 'utf8'): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk, encoding);
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

/** Of the arguments of `end`, each of which may be left out. */
export function callbackOf(...given: [unknown, unknown, unknown]): Done | undefined {
  for (const argument of given) if (typeof argument === 'function') return argument as Done;
  return undefined;
}
