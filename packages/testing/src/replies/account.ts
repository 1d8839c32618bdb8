import type { Call, Reply } from '../call.js';
import type { HeldKey } from '../keys.js';
import { nanosToUsd } from '../money.js';
import { Refusal } from '../refusal.js';
import { usageReport } from '../usage-report.js';

/** What an account without a balance shows as its credits before it has spent anything. */
const UNLIMITED_NANOS = 1_000_000_000_000_000;

const json = (body: unknown): Reply => ({ content: { json: body } });

/** `GET /v2/cost_management/credits/`. */
export function creditsReply(call: Call): Reply {
  const { site } = call;
  const spent = site.books.charges.reduce((sum, { nanos }) => sum + nanos, 0);
  return json({ credits: nanosToUsd(site.credits.balance ?? UNLIMITED_NANOS - spent) });
}

/** `GET /v2/cost_management/?begin&end&step`. */
export const consumptionReply = (call: Call): Reply =>
  json({ response: usageReport(call.site.books.charges, { query: call.request.query, endIsExclusive: false }) });

/** `GET /v3/manage/usage/`. */
export const usageReply = (call: Call): Reply =>
  json({ usage: usageReport(call.site.books.charges, { query: call.request.query, endIsExclusive: true }) });

const keyBody = ({ id, balance, management, sandbox }: HeldKey): Record<string, unknown> => ({
  id,
  name: id,
  type: management ? 'management' : sandbox ? 'sandbox' : 'api',
  active_balance: balance !== undefined,
  balance: balance === undefined ? null : nanosToUsd(balance),
  balance_reset_period: null,
  balance_reset_amount: null,
});

/** `GET /v3/manage/whoami/`. */
export const whoamiReply = (call: Call): Reply =>
  json({ account: 'stand-in', permissions: ['manage:read'], key: call.key ? keyBody(call.key) : null });

/** `GET /v3/manage/keys/`. */
export const keysReply = (call: Call): Reply => json({ keys: call.site.keys.held.map(keyBody) });

/** `GET /v3/manage/keys/{id}/usage/`. */
export function keyUsageReply(call: Call): Reply {
  const { site, params, request } = call;
  const { query } = request;
  const key = site.keys.byId(params.id ?? '');
  if (!key) throw new Refusal(404, 'Not found.', 'detail');
  return json({ usage: usageReport(site.books.charges, { query, endIsExclusive: true, token: key.id }) });
}
