import { type Meter, memoryLedger } from '@eden-cost/core';
import { createApp as createStreamingApp } from '@eden-cost/example-express-streaming';
import {
  showEmptyCredits,
  showFetch,
  showSpentBudget,
  showStart,
  showStream,
  showTotals,
  showWholeLine,
} from './acts.js';
import { BUDGETS, CAP_USD } from './budgets.js';
import { showDenial, showRequest } from './framework-acts.js';
import { EXPRESS, KOA, NESTJS } from './frameworks.js';
import { count, Narrator, type Terminal } from './narrator.js';
import { Log, ServedApp } from './served-app.js';
import type { Stage } from './stage.js';
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
  tell.say('Real HTTP, real apps on Express, Koa and NestJS, the real openai SDK. One line meters an app.');
  if (upstream.standIn) {
    tell.say('Eden AI is a stand-in on this machine. With EDENAI_API_KEY set, it is Eden AI itself');
    tell.say(`(model openai/gpt-4o-mini, and no more than ${CAP_USD} USD: a budget of its own sees to that).`);
  } else tell.say(`It is Eden AI itself, for no more than ${CAP_USD} USD: the budget "demo-cap" sees to that.`);
}

async function playAll(stage: Stage): Promise<void> {
  const { upstream, log, tell } = stage;
  const ledger = memoryLedger(); // all apps draw on the same accounts
  const settings = { ...upstream, cost: { logger: log.write, budgets: BUDGETS, ledger } };
  const meters: Meter[] = [];
  /** One app after the other: a process has one meter. */
  const withApp = async (starting: Promise<ServedApp>, play: (app: ServedApp) => Promise<void>) => {
    const app = await starting;
    meters.push(app.meter);
    await play(app).finally(app.stop);
  };

  tell.step(EXPRESS.title);
  await withApp(EXPRESS.start(settings), async (app) => {
    await showStart(stage);
    tell.step('Calls are priced by what Eden AI says, and attributed to the request that made them');
    tell.say('ann of acme asks; the app calls Eden AI over the openai SDK');
    await showRequest(stage, EXPRESS, app, 'ann');
    showWholeLine(stage);
    await showFetch(stage, app);
    await showSpentBudget(stage, app);
  });

  for (const framework of [KOA, NESTJS]) {
    tell.step(framework.title);
    await withApp(framework.start(settings), async (app) => {
      tell.say('ben of globex asks');
      await showRequest(stage, framework, app, 'ben');
      tell.say('ann of acme asks: these apps share a ledger, so the budget of acme is used up here as well');
      await showDenial(stage, framework, app, 'ann');
    });
  }

  const { standIn } = upstream;
  if (standIn) await withApp(EXPRESS.start(settings), (app) => showEmptyCredits(stage, app, standIn));
  else tell.say('\n   (Left out, as Eden AI itself does not do it on demand: an empty balance, and its auto-refill.)');

  tell.step('A stream, through examples/express-streaming: its cost comes with its last event');
  const labels = (req: { get(name: string): string | undefined }) => ({ tenant: TENANTS[req.get('x-user') ?? ''] });
  const streaming = createStreamingApp({ ...settings, cost: { ...settings.cost, labels } });
  await withApp(ServedApp.start(streaming), (app) => showStream(stage, app));

  showTotals(
    stage,
    meters.reduce((sum, meter) => sum + meter.snapshot().costNanos, 0),
  );
}
