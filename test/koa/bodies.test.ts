import { PassThrough, Readable } from 'node:stream';
import { withBudget } from '@eden-cost/koa';
import Koa, { type Context } from 'koa';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { rawRequest } from '../support/raw-http.js';
import { koaTakesWebBodies, useKoa } from './kit.js';

const kit = useKoa();

const chat = async (costUsd: number) =>
  readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, postInit(CHAT, { reply: { costUsd } })));

const get = async (url: string) => (await fetch(url)).text();

type Parts = () => AsyncGenerator<string>;

/** A web stream that asks for its next part only when it is read. */
function webStream(parts: Parts): ReadableStream<Uint8Array> {
  const iterator = parts();
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(Buffer.from(value));
      },
      cancel: () => void iterator.return(undefined),
    },
    { highWaterMark: 0 },
  );
}

/** As long as three chats make it. */
class Story extends Blob {
  constructor(readonly parts: Parts) {
    super(['0.125 0.375 0.875 ']);
  }
  override stream() {
    return webStream(this.parts) as ReturnType<Blob['stream']>;
  }
}

const STREAMS: Record<string, (parts: Parts) => unknown> = {
  'Readable.from a generator': (parts) => Readable.from(parts()),
  'a Readable of its own': (parts) => {
    const iterator = parts();
    return new Readable({
      read() {
        iterator.next().then(({ done, value }) => this.push(done ? null : value));
      },
    });
  },
  'a PassThrough that is fed': (parts) => {
    const through = new PassThrough();
    void (async () => {
      for await (const part of parts()) through.write(part);
      through.end();
    })();
    return through;
  },
  'a Readable that is piped through another': (parts) => Readable.from(parts()).pipe(new PassThrough()),
  'Readable.fromWeb': (parts) => Readable.fromWeb(webStream(parts) as never),
};

/** Koa 2 has none of these: there they are JSON. */
const WEB_BODIES: typeof STREAMS = {
  'a ReadableStream': webStream,
  'a ReadableStream that is piped through another': (parts) => webStream(parts).pipeThrough(new TransformStream()),
  'a Response': (parts) => new Response(webStream(parts)),
  'a Blob': (parts) => new Story(parts),
};

const KINDS = { ...STREAMS, ...(koaTakesWebBodies() ? WEB_BODIES : {}) };

const threeChats = (ctx: Context): Parts =>
  async function* parts() {
    for (const cost of [0.125, 0.25, 0.5]) {
      await chat(cost);
      yield `${ctx.costs.totalUsd} `;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

describe.each(Object.keys(KINDS))('a body that is %s', (kind) => {
  const make = KINDS[kind] as (parts: Parts) => unknown;

  test('makes its calls in the scope of its request', async () => {
    const app = kit.app({ labels: (ctx) => ({ tenant: ctx.query.tenant as string }) }, (ctx) => {
      ctx.body = make(threeChats(ctx));
    });
    const { url } = await kit.serve(app);
    const bodies = await Promise.all(['a', 'b', 'c'].map((tenant) => get(`${url}?tenant=${tenant}`)));
    expect(bodies).toEqual(Array(3).fill('0.125 0.375 0.875 '));
    expect(kit.costLines().map(({ edenai }) => [edenai.costNanos, edenai.calls, edenai.late])).toEqual(
      Array(3).fill([875_000_000, 3, false]),
    );
  });

  test('draws on the budget of its tenant', async () => {
    const app = new Koa();
    app.use(
      kit.costAware({
        labels: (ctx) => ({ tenant: ctx.query.tenant as string }),
        budgets: [{ name: 'tenant', limitUsd: 0.875, window: 'day', by: 'tenant' }],
      }),
    );
    app.use(withBudget()).use((ctx) => {
      ctx.body = make(threeChats(ctx));
    });
    const { url } = await kit.serve(app);
    const statuses = [];
    for (const tenant of ['a', 'a', 'b']) {
      const response = await fetch(`${url}?tenant=${tenant}`);
      await response.text();
      statuses.push(response.status);
    }
    expect(statuses).toEqual([200, 402, 200]);
  });
});

const THAT_CLEAN_UP = ['Readable.from a generator', 'a ReadableStream', 'a Response', 'a Blob'];

test.each(Object.keys(KINDS).filter((kind) => THAT_CLEAN_UP.includes(kind)))(
  'a body that is %s, and that its client leaves, cleans up in the scope of its request',
  async (kind) => {
    let cleanedUp = () => {};
    const cleaning = new Promise<void>((resolve) => {
      cleanedUp = resolve;
    });
    const app = kit.app({}, (ctx) => {
      ctx.body = KINDS[kind]?.(async function* parts() {
        try {
          for (;;) {
            yield 'a part of it\n';
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
        } finally {
          await chat(0.25);
          cleanedUp();
        }
      });
    });
    const { url } = await kit.serve(app);
    const client = new AbortController();
    await (await fetch(url, { signal: client.signal })).body?.getReader().read();
    client.abort();
    await cleaning;
    expect(kit.costLines().map(({ edenai }) => edenai.costNanos)).toEqual([250_000_000]);
  },
);

test('a body of Eden AI’s own bytes is passed on, and priced before the request ends', async () => {
  const app = kit.app({}, async (ctx) => {
    const init = postInit({ ...CHAT, stream: true }, { reply: { costUsd: 0.25 } });
    const response = await fetch(`${kit.eden.baseUrl}/chat/completions`, init);
    ctx.type = 'text/event-stream';
    ctx.body = Readable.fromWeb(response.body as never);
  });
  expect(await get((await kit.serve(app)).url)).toContain('[DONE]');
  expect(kit.costLines()).toMatchObject([{ edenai: { costNanos: 250_000_000, late: false, aborted: false } }]);
});

test('a stream that is the body of many requests is shadowed once', async () => {
  const shared = Readable.from(['a part']);
  const methods = () => ['_read', '_destroy'].map((name) => Reflect.get(shared, name));
  const shadowed: unknown[][] = [];
  const app = new Koa();
  app.silent = true;
  app.use(async (_ctx, next) => {
    await next();
    shadowed.push(methods());
  });
  app.use(kit.costAware()).use((ctx) => {
    ctx.body = shared;
  });
  const before = methods();
  const { url } = await kit.serve(app);
  for (let i = 0; i < 3; i++) await get(url).catch(() => 'it has ended');
  expect(shadowed[0]).not.toEqual(before);
  expect(shadowed).toEqual(Array(3).fill(shadowed[0]));
});

(koaTakesWebBodies() ? describe : describe.skip)('a Blob that is the body of many requests', () => {
  test('is left as it is', async () => {
    const blob = new Blob(['of all']);
    const before = Reflect.ownKeys(blob);
    const { url } = await kit.serve(
      kit.app({}, (ctx) => {
        ctx.body = blob;
      }),
    );
    const bodies = new Set<string>();
    for (let i = 0; i < 2000; i++) bodies.add((await rawRequest(url)).body);
    expect([...bodies]).toEqual(['of all']);
    expect([Reflect.ownKeys(blob), blob.stream]).toEqual([before, Blob.prototype.stream]);
  });

  test('and that makes calls as it is read, is read by two requests at once, each in its own scope', async () => {
    const shared = new Story(async function* parts() {
      await chat(0.25);
      yield '0.125 0.375 0.875 ';
    });
    const before = Reflect.ownKeys(shared);
    const costs: Context['costs'][] = [];
    let both = () => {};
    const arrived = new Promise<void>((resolve) => {
      both = resolve;
    });
    const app = new Koa();
    app.use(async (_ctx, next) => {
      await next();
      if (costs.length === 2) both();
      await arrived;
    });
    app.use(kit.costAware()).use((ctx) => {
      costs.push(ctx.costs);
      ctx.body = shared;
    });
    const { url } = await kit.serve(app);
    await Promise.all([get(url), get(url)]);
    expect(costs.map(({ totalUsd }) => totalUsd)).toEqual([0.25, 0.25]);
    expect(Reflect.ownKeys(shared)).toEqual(before);
  });
});

describe('with EDEN_COST=off', () => {
  beforeEach(() => {
    process.env.EDEN_COST = 'off';
  });
  afterEach(() => {
    delete process.env.EDEN_COST;
  });

  test('a body and the context are left as they are', async () => {
    const body = Readable.from(['bytes']);
    const methods = () => [body._read, body._destroy];
    const before = methods();
    const seen: unknown[] = [];
    const app = new Koa();
    app.use(async (ctx, next) => {
      await next();
      seen.push(Object.hasOwn(ctx, 'onerror'), methods());
    });
    app.use(kit.costAware()).use((ctx) => {
      ctx.body = body;
    });
    expect(await get((await kit.serve(app)).url)).toBe('bytes');
    expect(seen).toEqual([false, before]);
  });
});
