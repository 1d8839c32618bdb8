interface Common {
  readonly id: string;
  readonly tenant: string;
}

/** One chat for each page. */
export interface SummaryJob extends Common {
  readonly kind: 'summary';
  readonly pages: readonly string[];
  /** What is done already: a job that is put back goes on where it stopped. */
  summaries?: (string | undefined)[];
}

/** An asynchronous job of Universal AI. */
export interface InvoiceJob extends Common {
  readonly kind: 'invoice';
  readonly file: string;
  /** Eden AI's id of it, once it has been started. */
  startedAs?: string;
}

export type Job = SummaryJob | InvoiceJob;
