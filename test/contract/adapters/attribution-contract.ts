import { many, sum } from '../../support/lists.js';
import { rawRequest } from '../../support/raw-http.js';
import type { RunningApp } from './use-app.js';

const DAY = { name: 'day', limitUsd: 1, window: 'day' } as const;
const NANOS = 10_000_000;

/** Whose cost a call is. */
export function describeAttribution(running: RunningApp): void {
  const { start, get } = running;

  describe('attribution', () => {
    test('meters a client that was built before the adapter was loaded', async () => {
      await start();
      expect(await get('/sdk?cost=0.0123')).toMatchObject({ status: 200, body: { nanos: 12_300_000 } });
    });

    test('gives each of 200 requests at once its own cost, and one line each', async () => {
      await start();
      const answers = await Promise.all(many(200, (index) => get(`/ask?cost=${index / 1e5}`)));
      expect(answers.map(({ body }) => body.nanos)).toEqual(many(200, (index) => index * 10_000));
      const lines = await running.app.linesOf(200);
      expect(sum(lines.map(({ edenai }) => edenai.costNanos))).toBe(running.eden.books().totalNanos);
    });

    test('logs one line a request, with the template of its route', async () => {
      await start();
      await get('/users/42?cost=0.01');
      await get('/nothing');
      await get('/users/43?cost=0.02');
      const lines = await running.app.linesOf(2);
      expect(lines.map(({ req, res, edenai }) => [req.method, req.route, res.statusCode, edenai.costNanos])).toEqual([
        ['GET', '/users/:id', 200, NANOS],
        ['GET', '/users/:id', 200, 2 * NANOS],
      ]);
    });

    test('is one scope and one line where it is mounted twice', async () => {
      await start({ mountTwice: true });
      await get('/ask?cost=0.01', { 'x-tenant': 'acme' });
      await get('/nothing');
      expect(await running.app.linesOf(1)).toMatchObject([
        { edenai: { costNanos: NANOS, labels: { tenant: 'acme', again: 'yes' } } },
      ]);
    });

    test('tells a cost that comes after the answer in a line of its own', async () => {
      await start();
      await get('/late?cost=0.01');
      const [line] = await running.app.linesOf(1);
      expect(line?.edenai).toMatchObject({ costNanos: NANOS, late: true });
    });

    test('tells of a client that is gone, and what its call has cost all the same', async () => {
      await start({ budgets: [DAY] });
      const gone = new AbortController();
      const answer = fetch(`${running.url}/slow?cost=0.01`, { signal: gone.signal }).catch(() => undefined);
      await running.app.noteOf('waiting');
      gone.abort();
      await answer;
      const [line] = await running.app.linesOf(1);
      expect(line?.edenai).toMatchObject({ costNanos: NANOS, aborted: true });
      const { budgets } = (await get('/remaining')).body;
      expect(budgets).toMatchObject([{ budget: 'day', remainingUsd: 0.99, heldUsd: 0 }]);
    });

    test('runs a reader of the request body in its scope', async () => {
      await start();
      const answer = await rawRequest(`${running.url}/read?cost=0.01`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      expect(JSON.parse(answer.body)).toEqual({ nanos: NANOS });
    });

    test('puts no call on a request that did not cause it', async () => {
      await start();
      expect((await get('/background')).body).toEqual({ nanos: 1_000_000, unattributed: 2_000_000 });
    });

    test('counts a call that is tried again once', async () => {
      await start();
      running.eden.script([{ status: 429, times: 1 }, { costUsd: 0.01 }]);
      expect((await get('/retried')).body).toEqual({ nanos: NANOS });
      expect(running.eden.books()).toMatchObject({ requests: 2, totalNanos: NANOS });
    });

    test('prices a stream before it has been read to its end', async () => {
      await start();
      running.eden.script({ costUsd: 0.01 });
      expect((await get('/stream')).body).toMatchObject({ nanos: NANOS });
    });
  });
}
