import type { BookedCharge, ChargeFacts } from './books.js';
import { isStreamed, type PricedCall } from './call.js';
import { shownKey } from './keys.js';
import { type Nanos, usdToNanos } from './money.js';
import { echoedModel, providerOf, reportedFeature } from './naming.js';
import type { Site } from './site.js';

/** Whether Eden AI bills a call that is answered with `status`. */
export function isBilled({ route, options }: PricedCall, status: number): boolean {
  if (!route.price || route.billedAtEnd) return false;
  if (options.billed !== undefined) return options.billed;
  if (options.reset === 'before-headers') return false;
  return status < 300 || (status >= 500 && options.costUsd !== undefined);
}

/** What a call will be billed, `nanos` being what its answer says. */
export function chargeFor(call: PricedCall, nanos: Nanos, rawCost: string | undefined): ChargeFacts {
  const { request, route, key, options, tags, cached } = call;
  const byok = options.byok ?? false;
  const billed = options.billedUsd === undefined ? undefined : usdToNanos(options.billedUsd, 'billedUsd');
  const model = echoedModel(call);
  const name = key?.id ?? shownKey(request.headers);
  return {
    requestId: request.id,
    path: request.path,
    operation: route.operation,
    model,
    provider: providerOf(call),
    feature: reportedFeature(route.reportedAs, model),
    nanos: billed ?? (byok ? 0 : nanos),
    toldNanos: nanos,
    ...(rawCost !== undefined && { rawCost }),
    ...(name !== undefined && { key: name }),
    streamed: isStreamed(call),
    cached,
    byok,
    tags,
    heldKey: key,
  };
}

/** Books a charge and takes it from the account's credits and the key's budget. */
export function bill(site: Site, { heldKey, ...facts }: ChargeFacts): BookedCharge {
  const charge = site.books.book({ at: site.clock.now(), ...facts });
  site.credits.charge(charge.nanos);
  if (heldKey?.balance !== undefined) heldKey.balance -= charge.nanos;
  return charge;
}
