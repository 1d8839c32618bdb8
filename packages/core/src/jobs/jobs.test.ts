import type { Charge } from '../charge.js';
import { classify } from '../edenai/classify.js';
import { NO_FACTS } from '../edenai/request-body.js';
import { Events } from '../events.js';
import type { CallEnd } from '../metered-call.js';
import { resolveOptions } from '../options/settings.js';
import { makeParts } from '../parts.js';
import { planOf } from '../plan.js';
import { Jobs } from './jobs.js';

const kind = classify('POST', '/v3/universal-ai/async');

const answer = (id: string, status: string): CallEnd => ({
  kind: 'complete',
  status: 200,
  facts: { cost: { kind: 'amount', nanos: 5, raw: '5e-9' }, isByok: false, id, status },
});

describe('more jobs than are remembered', () => {
  function twoRemembered() {
    const events = new Events(() => {});
    const charges: Charge[] = [];
    events.on('charge', (charge) => charges.push(charge));
    const problems: string[] = [];
    events.on('error', ({ problem }) => problems.push(problem));
    const parts = makeParts(resolveOptions({ rateCard: false }), events);
    const jobs = new Jobs(() => parts, 2);
    afterEach(() => jobs.stop());
    const start = (id: string) => {
      const url = new URL('https://api.edenai.run/v3/universal-ai/async');
      const info = { operation: kind.operation, method: 'POST', url, stream: false };
      const call = {
        id: `call of ${id}`,
        kind,
        facts: NO_FACTS,
        info,
        scope: undefined,
        draws: 'yes' as const,
        startedAt: 0,
      };
      const plan = planOf({ kind, statedEstimate: 100, worstCase: undefined, learned: undefined }, []);
      jobs.start(call, plan, answer(id, 'processing'));
    };
    const poll = (id: string) =>
      jobs.poll(id, { kind: classify('GET', '/v3/videos/x'), draws: 'yes' }, answer(id, 'success'));
    return { start, poll, problems, told: () => charges.map(({ jobId, amount, basis }) => [jobId, amount, basis]) };
  }

  const few = twoRemembered();

  it('forgets first what is booked, and then charges the oldest at its estimate, once', () => {
    few.start('a');
    few.start('b');
    few.poll('b');
    few.start('c');
    few.poll('a');
    expect(few.told()).toEqual([
      ['b', 5, 'reported'],
      ['a', 5, 'reported'],
    ]);
    few.start('d'); // a is booked, and forgotten
    expect(few.told()).toHaveLength(2);
    few.start('e');
    expect(few.told().slice(2)).toEqual([['c', 100, 'estimated']]);
    few.poll('d');
    few.poll('e');
    few.poll('e');
    expect(few.told().slice(3)).toEqual([
      ['d', 5, 'reported'],
      ['e', 5, 'reported'],
    ]);
    expect(few.problems).toEqual([]);
  });
});
