import type { CallGate } from '../exchange.js';
import { remembered } from '../remembered.js';

/** Where a call to Eden AI goes. */
export interface Place {
  readonly origin: string;
  /** The path below the base URL. */
  readonly path: string;
}

/** An origin whose host is an IP address: its scheme, and its port with the colon. */
const ADDRESS = /^(https?:)\/\/(?:[\d.]+|\[[\da-f:.]+\])(:\d+)?$/i;
const HAS_PORT = /:\d+$/;

/** An app calls few hosts, and most by their names. */
const isAddress = remembered(256, (origin) => ADDRESS.test(origin));

/**
 * Finds a call to Eden AI by its origin, or else by the name in its `host` header: who resolves names by itself, as undici's
 * interceptor `dns` does, hands on an address, and the name is only there. It is asked for only when a call goes to an address.
 */
export function placeOf(
  gate: CallGate,
  origin: string,
  target: string,
  hostHeader: () => string | undefined,
): Place | undefined {
  const path = gate.match(origin, target);
  return path === undefined ? namedPlace(gate, origin, target, hostHeader) : { origin, path };
}

function namedPlace(
  gate: CallGate,
  address: string,
  target: string,
  hostHeader: () => string | undefined,
): Place | undefined {
  const host = isAddress(address) ? hostHeader() : undefined;
  if (host === undefined || address.endsWith(host)) return undefined;
  const [, scheme, port] = ADDRESS.exec(address) ?? [];
  // undici 6 puts no port there, whatever the port is
  const hosts = port === undefined || HAS_PORT.test(host) ? [host] : [host, host + port];
  for (const one of hosts) {
    const origin = `${scheme}//${one}`;
    const path = gate.match(origin, target);
    if (path !== undefined) return { origin, path };
  }
  return undefined;
}
