import type { Call, Parts } from './call.js';
import type { Passage } from './credits/passage.js';
import type { Denial } from './denial.js';
import type { CallEnd, CallWatcher } from './metered-call.js';
import type { OpenCall } from './open-calls.js';
import type { Plan } from './plan.js';
import { settleCall } from './settle-call.js';
import { tellCreditsExhausted } from './tell.js';

/** What becomes of a call that was let go: it is settled, and the circuit hears who paid for it. */
export class CallOutcome implements CallWatcher {
  constructor(
    private readonly parts: Parts,
    private readonly call: Call,
    private readonly plan: Plan,
    private readonly passage: Passage,
    private readonly open: OpenCall,
  ) {}

  answered(status: number): void {
    this.passage.answered(status);
  }

  paymentRequired(): Denial {
    return tellCreditsExhausted(this.parts, this.call);
  }

  ended(end: CallEnd): void {
    const isPaid = this.#settle(end);
    this.passage.over(end.facts.isByok ? 'external' : isPaid ? 'credits' : 'nothing');
  }

  /** A call that went well does not fail because it could not be booked. */
  #settle(end: CallEnd): boolean {
    const { parts, call, plan } = this;
    try {
      parts.openCalls.delete(this.open);
      return settleCall(parts, call, plan, end);
    } catch (cause) {
      parts.events.emit('error', { problem: 'settling', message: 'A call could not be booked', cause });
      return false;
    }
  }
}
