// The least that can be called a meter: an AsyncLocalStorage, one hook for each of fetch and node:http, a look into the answer,
// and a total that is looked at before the next call. No decision on an error, no estimate, no key or host but one, nothing held
// back, encoded, exact, aborted or told. What it costs no meter can save.
import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';

const http = createRequire(import.meta.url)('node:http');
const GLOBAL = Symbol.for('undici.globalDispatcher.1');
const LIMIT_USD = 1e6;

/** @returns `run`, which does work in a scope of its own, and `seen`, how many costs were read */
export function leastMeter(baseUrl) {
  const { origin } = new URL(baseUrl);
  const storage = new AsyncLocalStorage();
  const spent = { usd: 0, calls: 0 };
  const isWatched = (of) => {
    if (String(of) !== origin) return false;
    if (spent.usd >= LIMIT_USD) throw new Error('402');
    return true;
  };
  const reader = (scope) => ({
    text: '',
    push(bytes) {
      this.text += bytes.latin1Slice();
    },
    end() {
      const cost = Number(/"cost":([\d.e-]+)/.exec(this.text)?.[1] ?? 0);
      spent.usd += cost;
      spent.calls += 1;
      if (scope) scope.usd += cost;
    },
  });
  watchFetch(isWatched, () => reader(storage.getStore()));
  watchHttp(isWatched, () => reader(storage.getStore()));
  return { run: (work, scope = { usd: 0 }) => storage.run(scope, work), seen: () => spent.calls };
}

function watchFetch(isWatched, read) {
  fetch('data:,').catch(() => {}); // Node makes its dispatcher when it is first used
  const inner = globalThis[GLOBAL];
  globalThis[GLOBAL] = {
    dispatch: (options, handler) =>
      inner.dispatch(options, isWatched(options.origin) ? tapped(handler, read()) : handler),
  };
}

const tapped = (handler, reader) => ({
  onConnect: (abort) => handler.onConnect(abort),
  onError: (error) => handler.onError(error),
  onResponseStarted: () => handler.onResponseStarted?.(),
  onHeaders: (...args) => handler.onHeaders(...args),
  onData(bytes) {
    reader.push(bytes);
    return handler.onData(bytes);
  },
  onComplete(trailers) {
    reader.end();
    handler.onComplete(trailers);
  },
});

function watchHttp(isWatched, read) {
  const inner = http.request;
  http.request = (url, ...rest) => {
    if (!isWatched(new URL(url).origin)) return inner(url, ...rest);
    const reader = read();
    return inner(url, ...rest).prependOnceListener('response', (response) => {
      const { push } = response;
      response.push = (bytes, ...more) => {
        if (bytes === null) reader.end();
        else reader.push(bytes);
        return push.call(response, bytes, ...more);
      };
    });
  };
}
