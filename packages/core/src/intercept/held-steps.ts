import type { ClientRequest } from 'node:http';
import { isUint8Array } from 'node:util/types';

type Chunk = string | Uint8Array | undefined;
export type Done = (error?: Error | null) => void;

/** What the app did with a request while it was held. */
type Step =
  | {
      readonly what: 'write' | 'end';
      readonly chunk: Chunk;
      readonly encoding?: BufferEncoding;
      readonly done?: Done | undefined;
    }
  | { readonly what: 'flushHeaders' };

/** Keeps what the app does with a request, to be done again once it goes out. */
export class HeldSteps {
  readonly #steps: Step[] = [];
  /** Of the body so far; of a string, about. */
  bytes = 0;

  write(chunk: unknown, encoding: unknown): void {
    this.#add({ what: 'write', ...chunkOf(chunk, encoding) });
  }

  end(chunk: unknown, encoding: unknown, done: Done | undefined): void {
    this.#add({ what: 'end', ...chunkOf(chunk, encoding), done });
  }

  flushHeaders(): void {
    this.#steps.push({ what: 'flushHeaders' });
  }

  #add(step: Extract<Step, { chunk: unknown }>): void {
    this.#steps.push(step);
    this.bytes += step.chunk?.length ?? 0;
  }

  /** All that was written; `undefined` for nothing. */
  body(): Buffer | undefined {
    const chunks = this.#steps.map((step) => (step.what === 'flushHeaders' ? undefined : bytesOf(step)));
    const parts = chunks.filter((chunk) => chunk !== undefined);
    return parts.length < 2 ? parts[0] : Buffer.concat(parts);
  }

  /** Another body, written in the way that the app wrote its own: at once where it did, else in chunks. */
  change(body: Buffer): void {
    const end = this.#steps.findLast((step) => step.what === 'end');
    const chunked = this.#steps.some((step) => step.what === 'write');
    const done = end?.what === 'end' ? end.done : undefined;
    this.#steps.length = 0;
    if (chunked) this.#steps.push({ what: 'write', chunk: body });
    this.#steps.push({ what: 'end', chunk: chunked ? undefined : body, done });
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

function chunkOf(chunk: unknown, encoding: unknown): { chunk: Chunk; encoding?: BufferEncoding } {
  if (chunk === null || chunk === undefined) return { chunk: undefined };
  return { chunk: chunk as Chunk, ...(typeof encoding === 'string' && { encoding: encoding as BufferEncoding }) };
}

function bytesOf({ chunk, encoding = 'utf8' }: { chunk: Chunk; encoding?: BufferEncoding }): Buffer | undefined {
  if (chunk === undefined) return undefined;
  if (typeof chunk === 'string') return Buffer.from(chunk, encoding);
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
