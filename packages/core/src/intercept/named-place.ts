import type { CallGate } from '../exchange.js';

/** Where a call to Eden AI goes. */
export interface Place {
  readonly origin: string;
  /** The path below the base URL. */
  readonly path: string;
}

/** An origin whose host is an IP address: its scheme, and its port with the colon. */
const ADDRESS = /^(https?:)\/\/(?:[\d.]+|\[[\da-f:.]+\])(:\d+)?$/i;
const HAS_PORT = /:\d+$/;

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
  const found = ADDRESS.exec(address);
  const host = found === null ? undefined : hostHeader();
  if (found === null || host === undefined) return undefined;
  const [, scheme, port] = found;
  // undici 6 puts no port there, whatever the port is
  const hosts = port === undefined || HAS_PORT.test(host) ? [host] : [host, host + port];
  for (const one of hosts) {
    const origin = `${scheme}//${one}`;
    const path = gate.match(origin, target);
    if (path !== undefined) return { origin, path };
  }
  return undefined;
}
