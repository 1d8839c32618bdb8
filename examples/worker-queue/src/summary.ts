import type { Eden } from './eden.js';
import type { SummaryJob } from './job.js';

/** Summarises all pages, a few at a time, and keeps what it has when one of the calls is denied. */
export async function summarise(job: SummaryJob, eden: Eden, stopped: AbortSignal): Promise<void> {
  const { pages, summaries = [] } = job;
  job.summaries = summaries;
  const asked = pages.map(async (page, index) => {
    summaries[index] ??= await eden.inTurn(() => ask(page, eden, stopped));
  });
  // all of them, also when one fails: a call that outlives its job's scope is logged late
  const failed = (await Promise.allSettled(asked)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

async function ask(page: string, { openai }: Eden, stopped: AbortSignal): Promise<string> {
  stopped.throwIfAborted();
  const answer = await openai.chat.completions.create({
    model: 'openai/gpt-4o-mini',
    messages: [{ role: 'user', content: `In one sentence: ${page}` }],
    max_tokens: 60,
  });
  return answer.choices[0]?.message.content ?? '';
}
