import { type EdenStandIn, type ReplyOptions, startEdenStandIn } from '@eden-cost/testing';
import { CANARIES } from '../support/canaries.js';

/** What Eden AI refuses to answer for want of credits; anything else costs a whole budget. */
export const UNPAID = `${CANARIES.prompt}, unpaid`;

/** With something private wherever a careless adapter would let it out. */
const REFUSAL: ReplyOptions = {
  status: 402,
  errorShape: 'balance',
  errorMessage: CANARIES.body,
  chunked: true,
  headers: { 'set-cookie': CANARIES.header, 'x-account-balance': CANARIES.header, 'retry-after': '9' },
};

const isUnpaid = (body: unknown): boolean => JSON.stringify(body).includes(UNPAID);

export async function startEden(): Promise<EdenStandIn> {
  const eden = await startEdenStandIn({ costUsd: CANARIES.limitUsd });
  eden.script({ ...REFUSAL, match: { body: isUnpaid }, times: Number.POSITIVE_INFINITY });
  return eden;
}
