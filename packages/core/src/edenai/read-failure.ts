/** Why an answer to one of the meter's own reads is not what was read for. */
export type ReadFailure =
  | 'unauthorised'
  | 'forbidden'
  | 'gone'
  | 'busy'
  | 'unreadable'
  | 'too-large'
  | 'failed'
  | 'closed';

const BY_STATUS: ReadonlyMap<number, ReadFailure> = new Map([
  [401, 'unauthorised'],
  [403, 'forbidden'],
  [404, 'gone'],
  [405, 'gone'],
  [410, 'gone'],
  [429, 'busy'],
]);

/** What each failure of a read about the account means, and what to do. Never a key, and nothing of the answer. */
export const READ_ADVICE: Readonly<Record<ReadFailure, string>> = {
  unauthorised: 'the API key was not accepted: check that it is complete, and was not revoked',
  forbidden:
    'this kind of API key may not read it: /v2 takes an inference key (sk-eden-...), /v3/manage a management key (mgmt-eden-...) with manage:read',
  gone: 'there is no such endpoint any more at that address: set its address in the options, or leave the option out',
  busy: "the account's rate limit was reached: it is read again later",
  unreadable:
    'the answer is not in a shape that is known, or has an amount that is none: set the address in the options, or leave the option out',
  'too-large':
    'the answer is longer than 4 MiB: ask for fewer days, or for one token; else check the address in the options',
  failed: 'Eden AI failed, or could not be reached',
  closed: 'the meter was closed: read before meter.close(), or with the meter that is in use now',
};

/** The same of a job. */
export const JOB_ADVICE: Readonly<Record<ReadFailure, string>> = {
  ...READ_ADVICE,
  forbidden: 'this kind of API key may not read it: a job is read with an inference key (sk-eden-...) of its account',
  gone: 'there is no such job there for this API key: check the id, that the key is of the account that started the job, and baseUrls, since a job that another process started is read at the first of them',
  busy: "the account's rate limit was reached: try again later",
  unreadable: 'the answer is not that of a job: check baseUrls',
  'too-large':
    'the answer is longer than 64 MiB: its cost is not known here, and it is booked at its estimate after jobTtlMs',
};

/**
 * Reads the head of an answer from an account or job endpoint (Eden AI wire notes, "The account"): a page of HTML, or a
 * redirect to one, stands where an endpoint is gone.
 *
 * @returns `undefined` when it may be what was read for
 */
export function readFailure(status: number, contentType: string | undefined): ReadFailure | undefined {
  const known = BY_STATUS.get(status);
  if (known !== undefined) return known;
  if (status >= 500) return 'failed';
  if (status >= 300 && status < 400) return 'gone';
  if (/html/i.test(contentType ?? '')) return 'gone';
  return status >= 200 && status < 300 ? undefined : 'failed';
}

/** Nobody is sent away for longer: a wrong header would stop all reads. */
const LONGEST_RETRY_MS = 3_600_000;

/** `Retry-After` in seconds or as a date, else the body's `retry_after`, which may be a fraction. */
export function retryAfterMs(header: string | undefined, body: string, now: number): number | undefined {
  const inBody = /"retry_after"\s*:\s*"?(\d+(?:\.\d+)?)/.exec(body.slice(0, 4_096))?.[1];
  const seconds = Number(header ?? inBody ?? Number.NaN);
  const ms = Number.isNaN(seconds) ? Date.parse(header ?? '') - now : Math.ceil(seconds) * 1_000;
  return ms > 0 ? Math.min(ms, LONGEST_RETRY_MS) : undefined;
}
