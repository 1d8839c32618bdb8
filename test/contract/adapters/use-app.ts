import { join } from 'node:path';
import { type EdenStandIn, startEdenStandIn } from '@eden-cost/testing';
import { AppProcess } from './app-process.js';

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what an app answers
  readonly body: any;
}

export type RunningApp = ReturnType<typeof useApp>;

/** The contract's app in a process of its own, and a stand-in that it calls, for the tests of one cell. */
export function useApp(folder: string, program: string) {
  let eden: EdenStandIn;
  let app: AppProcess;
  let url: string | undefined;
  beforeAll(async () => {
    eden = await startEdenStandIn();
    app = await AppProcess.of(join(folder, program), folder, { EDEN_URL: eden.url });
  });
  const stop = async () => {
    url = undefined;
    return app.ask<{ isFetchRestored: boolean }>('stop');
  };
  afterEach(async () => {
    if (url !== undefined) await stop();
    app.forget();
    eden.reset();
  });
  afterAll(async () => {
    await app?.end();
    await eden?.close();
  });
  const get = async (path: string, headers: Record<string, string> = {}): Promise<Answer> => {
    const answer = await fetch(url + path, { headers });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json');
    return { status: answer.status, body: isJson ? JSON.parse(text) : text };
  };
  return {
    get app() {
      return app;
    },
    get eden() {
      return eden;
    },
    get url() {
      return url;
    },
    start: async (options: object = {}): Promise<void> => {
      ({ url } = await app.ask<{ url: string }>('start', options));
    },
    stop,
    get,
    statuses: async (...paths: string[]): Promise<number[]> => {
      const seen: number[] = [];
      for (const path of paths) seen.push((await get(path)).status);
      return seen;
    },
  };
}
