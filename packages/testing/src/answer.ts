import type { IncomingMessage, ServerResponse } from 'node:http';
import { admit, familyOf, remember } from './admit.js';
import { bill, chargeFor, isBilled } from './billing.js';
import type { OpenRecord } from './books.js';
import type { PricedCall, Reply } from './call.js';
import { compose, refusalReply } from './compose.js';
import { Outlet } from './outlet.js';
import { priceCall } from './prices.js';
import { Refusal } from './refusal.js';
import type { ReplyOptions } from './reply-options.js';
import { type ReceivedRequest, readRequest } from './request.js';
import { send } from './send.js';
import type { Site } from './site.js';

/** A step that refuses gives its refusal back. */
function attempt<T>(step: () => T): T | Refusal {
  try {
    return step();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

async function wait(outlet: Outlet, { latencyMs, hold, holdAfterEvents }: ReplyOptions): Promise<void> {
  await outlet.pause(latencyMs);
  if (holdAfterEvents === undefined) await outlet.until(hold);
}

/** Books what the answer costs; from here on it is owed, whether or not it arrives. */
function settle(call: PricedCall, reply: Reply, record: OpenRecord): void {
  const status = reply.status ?? 200;
  if (!isBilled(call, status)) return;
  const rawCost = reply.silent ? undefined : call.cost.written.text;
  record.nanos = bill(call.site, chargeFor(call, call.cost.nanos, rawCost)).nanos;
  if (status < 300) remember(call);
}

/** One exchange: choose, admit, wait, price, compose, book, send. */
async function exchange(site: Site, request: ReceivedRequest, record: OpenRecord, outlet: Outlet): Promise<void> {
  const chosen = attempt(() => site.script.optionsFor(request));
  const options = chosen instanceof Refusal ? {} : chosen;
  const admitted = chosen instanceof Refusal ? chosen : attempt(() => admit(site, request, options));
  await wait(outlet, options);
  if (outlet.gone && !options.billed) return;
  let reply: Reply | Refusal = admitted instanceof Refusal ? admitted : attempt(() => replyTo(admitted, record));
  if (reply instanceof Refusal) reply = refusalReply(reply, familyOf(request));
  if (options.reset === 'before-headers') return outlet.reset();
  record.status = reply.status ?? 200;
  await send(outlet, reply, options, request.headers['accept-encoding']?.toString());
}

function replyTo(admitted: ReturnType<typeof admit>, record: OpenRecord): Reply {
  const call = priceCall(admitted);
  const reply = compose(call);
  settle(call, reply, record);
  return reply;
}

function outcomeOf({ response, wasCut }: Outlet): OpenRecord['outcome'] {
  if (wasCut) return 'cut';
  return response.writableFinished ? 'complete' : 'aborted';
}

/** What a listener is told of each exchange. */
export interface Listener {
  received(): void;
  closed(record: OpenRecord): void;
}

/** Answers one request; never rejects. */
export async function answer(
  site: Site,
  incoming: IncomingMessage,
  response: ServerResponse,
  id: string,
  listener: Listener,
): Promise<void> {
  const facts = { id, at: site.clock.now(), pathPrefix: site.pathPrefix };
  const request = await readRequest(incoming, facts).catch(() => undefined);
  if (!request) return;
  const record = site.books.receive(request);
  // as Eden AI does; here the time is that of the books
  response.setHeader('date', new Date(facts.at).toUTCString());
  const outlet = new Outlet(response, site.clock, record);
  const closed = new Promise<void>((resolve) => {
    if (response.closed) resolve();
    else response.once('close', resolve);
  });
  listener.received();
  try {
    await exchange(site, request, record, outlet);
  } catch (error) {
    if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
    response.end(`The stand-in failed: ${error instanceof Error ? error.message : error}`);
  }
  await closed;
  record.outcome = outcomeOf(outlet);
  listener.closed(record);
}
