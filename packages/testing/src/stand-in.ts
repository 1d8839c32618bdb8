import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answer } from './answer.js';
import { bill } from './billing.js';
import { BookKeeper, type Books, type RequestRecord, type SpentElsewhere } from './books.js';
import { Catalogue } from './catalogue.js';
import { systemClock } from './clock.js';
import { Credits } from './credits.js';
import { Jobs } from './jobs.js';
import { KeyRing } from './keys.js';
import { usdToNanos } from './money.js';
import { reportedFeature } from './naming.js';
import { checkOptions, type StandInOptions } from './options.js';
import { pickReplyOptions } from './reply-option-names.js';
import { reportedOperation } from './routes.js';
import { type Rule, Script } from './script.js';
import type { Site } from './site.js';
import { Traffic } from './traffic.js';
import { deliver, type StandInWebhook, webhookOf, webhookPublicKey } from './webhooks.js';

/** A running stand-in. */
export interface EdenStandIn {
  /** The origin, with the path prefix if there is one: `http://127.0.0.1:1234`. */
  readonly url: string;
  /** `url` and `/v3`: what an OpenAI client takes as its base URL. */
  readonly baseUrl: string;
  /** What Eden AI has billed, and what it knows besides. */
  books(): Books;
  /** The last requests, oldest first. */
  requests(): RequestRecord[];
  /** Decides the answers to the next requests that fit; returns what takes the rules back. */
  script(rules: Rule | readonly Rule[]): () => void;
  /** Buys credits, for the account or for one key's own budget. */
  topUp(usd: number, keyId?: string): void;
  /** Sets the account's credits, or one key's own budget. */
  setBalance(usd: number, keyId?: string): void;
  /** Spends credits as another app of the account would. */
  spendElsewhere(usd: number, what?: SpentElsewhere): void;
  /** Eden AI's public key: webhooks are signed with the other one. PEM. */
  readonly webhookPublicKey: string;
  /** Ends a job, and gives the webhook that tells of it. */
  webhook(jobId: string): StandInWebhook;
  /** Ends a job, and posts its webhook, up to three times until it is taken; the status of each delivery. */
  sendWebhook(jobId: string, url: string): Promise<number[]>;
  /** Resolves when this many requests have been received since the start or the last `reset()`. */
  received(count: number): Promise<void>;
  /** Resolves when no exchange is going on: what was aborted is then in the books. */
  idle(): Promise<void>;
  /** Forgets charges, requests, rules, jobs and cached answers; balances are as at the start. */
  reset(): void;
  /** Stops at once; open connections are destroyed. */
  close(): Promise<void>;
}

/** Connections that wait to be accepted: a thousand clients may come at once. */
const BACKLOG = 4096;

const listen = (server: Server, port: number, host: string): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: BACKLOG }, () => resolve(server.address() as AddressInfo));
  });

function createSite(options: StandInOptions): Site {
  const clock = options.clock ?? systemClock;
  const balance = options.balanceUsd === undefined ? undefined : usdToNanos(options.balanceUsd, 'balanceUsd');
  return {
    clock,
    books: new BookKeeper(options.logSize ?? 1000),
    credits: new Credits(clock, balance, options.autoRefill),
    keys: new KeyRing(options.keys),
    jobs: new Jobs(),
    catalogue: new Catalogue(options.models),
    script: new Script(pickReplyOptions(options)),
    cache: options.cache ? new Set() : undefined,
    pathPrefix: options.pathPrefix ?? '',
  };
}

/** What changes a balance: the account's, or one key's. */
function balances({ credits, keys }: Site): Pick<EdenStandIn, 'topUp' | 'setBalance'> {
  const key = (id: string) => {
    const held = keys.byId(id);
    if (!held) throw new RangeError(`there is no key with the id "${id}"`);
    return held;
  };
  return {
    topUp(usd, keyId) {
      const nanos = usdToNanos(usd, 'topUp()');
      if (keyId === undefined) credits.add(nanos);
      else key(keyId).balance = (key(keyId).balance ?? 0) + nanos;
    },
    setBalance(usd, keyId) {
      const nanos = usdToNanos(usd, 'setBalance()');
      if (keyId === undefined) credits.set(nanos);
      else key(keyId).balance = nanos;
    },
  };
}

function spendElsewhere(site: Site, usd: number, what: SpentElsewhere): void {
  const { operation = 'chat', model = 'openai/gpt-4o', provider = model.split('/')[0] ?? model } = what;
  const nanos = usdToNanos(usd, 'spendElsewhere()');
  const feature = reportedFeature(reportedOperation(operation), model);
  bill(site, {
    ...{ requestId: 'elsewhere', path: '', operation, model, provider, feature, nanos, toldNanos: nanos },
    ...{ key: 'elsewhere', streamed: false, cached: false, byok: false, tags: {}, heldKey: undefined },
  });
}

/**
 * Starts a local Eden AI: a real HTTP server that answers as Eden AI does, and keeps books of what it would have billed.
 *
 * @example
 * const eden = await startEdenStandIn({ balanceUsd: 1 });
 * const client = new OpenAI({ baseURL: eden.baseUrl, apiKey: 'any' });
 * eden.script({ costUsd: 0.0123 });
 * // ... the app under test ...
 * eden.books().totalNanos;
 * await eden.close();
 */
export async function startEdenStandIn(options: StandInOptions = {}): Promise<EdenStandIn> {
  checkOptions(options);
  const site = createSite(options);
  const traffic = new Traffic();
  const listener = {
    received: () => traffic.begin(),
    closed(record: RequestRecord) {
      traffic.end();
      options.onAnswered?.({ ...record });
    },
  };
  let count = 0;
  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, (incoming, response) => {
    count += 1;
    void answer(site, incoming, response, String(count), listener);
  });
  const { port, address, family } = await listen(server, options.port ?? 0, options.host ?? '127.0.0.1');
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}${site.pathPrefix}`;

  return {
    url,
    baseUrl: `${url}/v3`,
    books: () => site.books.snapshot(site.credits.balance, site.credits.refills),
    requests: () => site.books.log(),
    script: (rules) => site.script.add(rules),
    ...balances(site),
    spendElsewhere: (usd, what = {}) => spendElsewhere(site, usd, what),
    get webhookPublicKey() {
      return webhookPublicKey();
    },
    webhook: (jobId) => webhookOf(site, jobId),
    sendWebhook: (jobId, to) => deliver(webhookOf(site, jobId), to),
    received: (wanted) => traffic.received(wanted),
    idle: () => traffic.idle(),
    reset() {
      site.books.clear();
      site.script.clear();
      site.jobs.clear();
      site.cache?.clear();
      site.credits.reset();
      site.keys.reset();
      traffic.clear();
    },
    async close() {
      site.credits.reset();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
