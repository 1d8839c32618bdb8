import type { CallGate, HeaderLookup } from '../exchange.js';
import { remembered } from '../remembered.js';
import { whileSending } from './fetch-body.js';
import { OwnDispatcher } from './own-dispatcher.js';
import type { UndiciLayer } from './undici.js';
import { globalDispatchers } from './undici-dispatchers.js';
import type { Dispatcher, DispatchOptions, Handler } from './undici-types.js';

export type Fetch = typeof globalThis.fetch;
type FetchInit = RequestInit & { dispatcher?: unknown };

/** What the layer over fetch asks of the meter. */
export interface FetchGate {
  readonly calls: CallGate;
  readonly undici: UndiciLayer;
  readonly paymentRequired: 'auto' | 'respond' | 'throw';
  /** The typed error behind a 402 that the meter made or recognised. */
  errorOf(header: HeaderLookup): Error | undefined;
}

/**
 * A fetch that rejects with our typed error on a 402 where nobody else would notice it: in a request scope, when the
 * app's own code made the call. Everything else is the original's.
 *
 * @param direct true: send calls through the meter also where nothing is patched (`meter.fetch`)
 */
export function wrapFetch(original: Fetch, gate: FetchGate, direct: boolean): Fetch {
  return function fetch(input: Parameters<Fetch>[0], init: FetchInit | undefined = undefined): Promise<Response> {
    if (init?.dispatcher && !(init.dispatcher instanceof OwnDispatcher)) gate.undici.patch(init.dispatcher);
    const before = gate.undici.matched;
    const answer = whileSending(init?.body, () => original(input, direct ? throughMeter(gate.undici, init) : init));
    if (!mayReject(gate)) return answer;
    // undici dispatches in the same synchronous step, and has told by now; somebody's wrapper of fetch may do so later
    if (gate.undici.matched === before && !isOurs(gate, input)) return answer;
    const place = callerOf(fetch);
    return answer.then((response) =>
      response.status === 402 ? rejectPaymentRequired(response, gate, input, init, place) : response,
    );
  };
}

/** Its `stack` is formatted only if it is read. */
interface Place {
  readonly stack?: string;
}

/** The nearest caller, behind what is Node's own. */
const FRAMES = 3;

/** Where a function was called from. V8 follows awaits for the frames beyond these, which takes longer than all the rest. */
function callerOf(fn: (...args: never[]) => unknown): Place {
  const place: Place = {};
  const { stackTraceLimit } = Error;
  Reflect.set(Error, 'stackTraceLimit', FRAMES); // an assignment would throw where intrinsics are frozen
  Error.captureStackTrace(place, fn);
  Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  return place;
}

const mayReject = ({ calls, paymentRequired }: FetchGate): boolean =>
  paymentRequired === 'throw' || (paymentRequired === 'auto' && calls.context() !== undefined);

function isOurs({ calls }: FetchGate, input: Parameters<Fetch>[0]): boolean {
  const { origin, pathname } = placeOf(textOf(input));
  return calls.match(origin, pathname) !== undefined;
}

/** fetch rejects for what has no text. */
function textOf(input: Parameters<Fetch>[0]): string {
  try {
    return input instanceof Request ? input.url : String(input);
  } catch {
    return '';
  }
}

const NOWHERE = { origin: 'null', pathname: '' };
/** Most fetches of an app go elsewhere: a text that was parsed before is not parsed again. */
const placeOf = remembered(256, (url) => (URL.canParse(url) ? new URL(url) : NOWHERE));

async function rejectPaymentRequired(
  response: Response,
  gate: FetchGate,
  input: Parameters<Fetch>[0],
  init: FetchInit | undefined,
  place: Place,
): Promise<Response> {
  const error = gate.errorOf((name) => response.headers.get(name) ?? undefined);
  if (error === undefined) return response;
  if (gate.paymentRequired === 'auto' && (isSdkCall(input, init) || !isAppCode(place.stack))) return response;
  await response.arrayBuffer().catch(() => {}); // cancelling would close a connection that can be used again
  throw error;
}

/** SDKs make an error of their own of a 402, at once; a rejection they would try again. */
function isSdkCall(input: Parameters<Fetch>[0], init: FetchInit | undefined): boolean {
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
  if (/^(ai|axios)\//.test(headers.get('user-agent') ?? '')) return true;
  for (const name of headers.keys()) if (name.startsWith('x-stainless-')) return true;
  return false;
}

/** True when the nearest caller is a file outside node_modules. */
function isAppCode(stack: unknown): boolean {
  if (typeof stack !== 'string') return false; // an app may have an Error.prepareStackTrace of its own
  const caller = stack.split('\n').find((line) => /^\s+at .*[\\/]/.test(line) && !line.includes('node:internal'));
  return caller !== undefined && !/[\\/]node_modules[\\/]/.test(caller);
}

function throughMeter(layer: UndiciLayer, init: FetchInit | undefined): RequestInit {
  const target = (init?.dispatcher ?? globalDispatchers()[0]) as Dispatcher;
  return { ...init, dispatcher: new MeteredDispatcher(target, layer) } as FetchInit;
}

class MeteredDispatcher extends OwnDispatcher {
  constructor(
    target: Dispatcher,
    private readonly layer: UndiciLayer,
  ) {
    super(target);
  }

  dispatch(options: DispatchOptions, handler: Handler): boolean {
    return this.layer.dispatch(this.target, this.target.dispatch, options, handler);
  }
}
