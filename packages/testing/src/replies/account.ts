import type { Call, Reply } from '../call.js';
import type { HeldKey } from '../keys.js';
import { nanosToUsd } from '../money.js';
import { Refusal } from '../refusal.js';
import { usageReport } from '../usage-report.js';

/** What an account without a balance shows as its credits before it has spent anything. */
const UNLIMITED_NANOS = 1_000_000_000_000_000;

const json = (body: unknown): Reply => ({ content: { json: body } });

/** `GET /v2/cost_management/credits/`. */
export function creditsReply({ site }: Call): Reply {
  const spent = site.books.charges.reduce((sum, { nanos }) => sum + nanos, 0);
  return json({ credits: nanosToUsd(site.credits.balance ?? UNLIMITED_NANOS - spent) });
}

/** `GET /v2/cost_management/?begin&end&step`. */
export const consumptionReply = ({ site, request: { query } }: Call): Reply =>
  json({ response: usageReport(site.books.charges, { query, endIsExclusive: false }) });

/** `GET /v3/manage/usage/`. */
export const usageReply = ({ site, request: { query } }: Call): Reply =>
  json({ usage: usageReport(site.books.charges, { query, endIsExclusive: true }) });

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
export const whoamiReply = ({ key }: Call): Reply =>
  json({ account: 'stand-in', permissions: ['manage:read'], key: key ? keyBody(key) : null });

/** `GET /v3/manage/keys/`. */
export const keysReply = ({ site }: Call): Reply => json({ keys: site.keys.held.map(keyBody) });

/** `GET /v3/manage/keys/{id}/usage/`. */
export function keyUsageReply({ site, params, request: { query } }: Call): Reply {
  const key = site.keys.byId(params.id ?? '');
  if (!key) throw new Refusal(404, 'Not found.', 'detail');
  return json({ usage: usageReport(site.books.charges, { query, endIsExclusive: true, token: key.id }) });
}
