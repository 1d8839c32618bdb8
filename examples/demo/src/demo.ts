import { memoryLedger } from '@eden-cost/core';
import { createApp as createBasicApp } from '@eden-cost/example-express-basic';
import { createApp as createStreamingApp } from '@eden-cost/example-express-streaming';
import {
  type Stage,
  showEmptyCredits,
  showPrices,
  showSpentBudget,
  showStart,
  showStream,
  showTotals,
} from './acts.js';
import { BUDGETS, CAP_USD } from './budgets.js';
import { count, Narrator, type Terminal } from './narrator.js';
import { Log, ServedApp } from './served-app.js';
import { openUpstream } from './upstream.js';

const TENANTS: Record<string, string> = { ann: 'acme', ben: 'globex' };

/**
 * Runs the demo.
 *
 * @returns the exit code: 0 when everything was as it should be
 */
export async function runDemo(terminal: Terminal, env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const upstream = await openUpstream(env);
  const stage: Stage = { tell: new Narrator(terminal), upstream, log: new Log() };
  const { tell } = stage;
  try {
    introduce(stage);
    await playAll(stage);
  } catch (error) {
    tell.check(false, `the demo ran to its end (${error instanceof Error ? error.message : error})`);
  } finally {
    await upstream.close();
  }
  if (tell.failures.length > 0) tell.title(`\n${count(tell.failures.length, 'thing')} not as it should be`);
  return tell.failures.length === 0 ? 0 : 1;
}

function introduce({ tell, upstream }: Stage): void {
  tell.title('Eden Cost: what it does for an app that calls Eden AI');
  tell.say('Real HTTP, real Express apps, the real openai SDK. One line meters an app: app.use(costAware({ ... })).');
  if (upstream.standIn) {
    tell.say('Eden AI is a stand-in on this machine. With EDENAI_API_KEY set, it is Eden AI itself');
    tell.say(`(model openai/gpt-4o-mini, and no more than ${CAP_USD} USD: a budget of its own sees to that).`);
  } else tell.say(`It is Eden AI itself, for no more than ${CAP_USD} USD: the budget "demo-cap" sees to that.`);
}

async function playAll(stage: Stage): Promise<void> {
  const { upstream, log, tell } = stage;
  const ledger = memoryLedger(); // both apps draw on the same accounts
  const cost = { logger: log.write, budgets: BUDGETS, ledger };

  tell.step('An app starts: examples/express-basic, with app.use(costAware({ labels, budgets }))');
  const basic = await ServedApp.start(createBasicApp({ ...upstream, cost }));
  try {
    await showStart(stage);
    await showPrices(stage, basic);
    await showSpentBudget(stage, basic);
    if (upstream.standIn) await showEmptyCredits(stage, basic, upstream.standIn);
    else
      tell.say('\n   (Left out, as Eden AI itself does not do it on demand: an empty balance, and its auto-refill.)');
  } finally {
    await basic.stop();
  }

  tell.step('A stream, through examples/express-streaming: its cost comes with its last event');
  const labels = (req: { get(name: string): string | undefined }) => ({ tenant: TENANTS[req.get('x-user') ?? ''] });
  const streaming = await ServedApp.start(createStreamingApp({ ...upstream, cost: { ...cost, labels } }));
  try {
    await showStream(stage, streaming);
  } finally {
    await streaming.stop();
  }
  showTotals(stage, basic.meter.snapshot().costNanos + streaming.meter.snapshot().costNanos);
}
