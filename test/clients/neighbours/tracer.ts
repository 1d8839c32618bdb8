import type { ClientRequest, IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import type { Neighbour } from './neighbour.js';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** As `shimmer` does: the wrapper remembers what it wraps, and is taken off only where it is still the outermost. */
function wrap(owner: object, name: string, make: (original: Method) => Method): () => void {
  const original = Reflect.get(owner, name) as Method;
  const wrapper = Object.assign(make(original), { __original: original, __wrapped: true });
  Object.defineProperty(owner, name, { value: wrapper, configurable: true, enumerable: true, writable: true });
  return () => {
    if (Reflect.get(owner, name) === wrapper) Object.assign(owner, { [name]: original });
  };
}

/**
 * In the manner of dd-trace: it wraps the functions of node:http and `fetch`; of a request it wraps `emit`, so that no listener
 * of its own starts the flow of an answer; of an answer it wraps `push`; and what it hands on can be given no further property.
 */
export function tracer(): Neighbour {
  const undo: (() => void)[] = [];
  let answers = 0;
  let bytes = 0;

  const watched = (original: Method): Method =>
    function (...args) {
      const request = original.apply(this, args) as ClientRequest;
      wrap(
        request,
        'emit',
        (emit) =>
          function (event, ...rest) {
            if (event === 'response') watchAnswer(rest[0] as IncomingMessage);
            return emit.call(this, event, ...rest);
          } as Method,
      );
      return request;
    };

  function watchAnswer(answer: IncomingMessage): void {
    answers += 1;
    wrap(
      answer,
      'push',
      (push) =>
        function (chunk) {
          bytes += (chunk as Buffer | null)?.length ?? 0;
          return push.call(this, chunk);
        } as Method,
    );
    Object.preventExtensions(answer);
  }

  return {
    install() {
      for (const id of ['node:http', 'node:https']) {
        const module = createRequire(import.meta.url)(id);
        for (const name of ['request', 'get']) undo.push(wrap(module, name, watched));
      }
      undo.push(
        wrap(
          globalThis,
          'fetch',
          (fetch) =>
            (async (...args) => {
              const answer = (await fetch.apply(globalThis, args)) as Response;
              answers += 1;
              return Object.freeze(answer);
            }) as Method,
        ),
      );
    },
    seen() {
      if (bytes === 0) throw new Error('no answer over node:http had bytes');
      return answers;
    },
    uninstall() {
      for (const one of undo) one();
    },
  };
}
