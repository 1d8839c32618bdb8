import type { Charge, CostScope, Meter } from '@eden-cost/core';
import type { ReplyOptions } from '@eden-cost/testing';
import { postInit, readAnswer } from './calls.js';
import type { MeteredEden } from './meter.js';

/** What is held for a job, and for a video, of which nothing else is known. */
export const JOB_USD = 0.25;
const VIDEO_USD = 2;

export const SETTLED = '0.123456789';
export const SETTLED_NANOS = 123_456_789;

export interface JobKind {
  readonly start: string;
  readonly poll: string;
  readonly body: object;
  readonly operation: Charge['operation'];
  readonly heldUsd: number;
}

export const JOB: JobKind = {
  ...{ start: '/v3/universal-ai/async', poll: '/v3/universal-ai/async/', operation: 'job', heldUsd: JOB_USD },
  body: { model: 'ocr/invoice_parser/mindee', input: { file: 'x' } },
};

export const VIDEO: JobKind = {
  ...{ start: '/v3/videos', poll: '/v3/videos/', operation: 'video', heldUsd: VIDEO_USD },
  body: { model: 'openai/sora-2', prompt: 'a cat' },
};

/** Jobs at the stand-in, over fetch. */
export function jobs(metered: MeteredEden) {
  /** The stand-in's answer, parsed. */
  async function call(path: string, init?: RequestInit): Promise<Record<string, unknown>> {
    const response = await fetch(metered.eden.url + path, init);
    expect(response.ok).toBe(true);
    return JSON.parse((await readAnswer(response)).bytes.toString()) as Record<string, unknown>;
  }

  /** Starts a job; its id. */
  async function start({ start: path, body }: JobKind, reply: ReplyOptions = {}): Promise<string> {
    const init = postInit(body, { reply: { settledCostUsd: SETTLED, provisionalCostUsd: 0.01, ...reply } });
    const { public_id, id } = await call(path, init);
    return String(public_id ?? id);
  }

  return {
    call,
    start,
    poll: ({ poll: path }: JobKind, id: string): Promise<Record<string, unknown>> =>
      call(path + encodeURIComponent(id)),
    /** Starts a job in a scope of its own. */
    startIn: (meter: Meter, kind: JobKind, reply?: ReplyOptions): Promise<{ id: string; scope: CostScope }> =>
      meter.run({ labels: { tenant: 'starter' } }, async () => {
        const id = await start(kind, reply);
        return { id, scope: meter.current() as CostScope };
      }),
  };
}

/** What the first budget of a meter holds, and has left. */
export async function balance(meter: Meter) {
  const [account] = await meter.remaining();
  return { heldUsd: account?.heldUsd, remainingUsd: account?.remainingUsd };
}
