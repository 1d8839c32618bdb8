/**
 * The reservation of a job, under an id that every process knows that sees the job. One that the account's own provider key
 * pays for has another id: a poll does not say who pays.
 */
export const reservationOf = (jobId: string, isByok = false): string => (isByok ? `byok-job:${jobId}` : `job:${jobId}`);
