import type { Framework } from './frameworks.js';
import { isCostLine } from './narrator.js';
import type { ServedApp } from './served-app.js';
import { callsAt, costOf, QUESTION, type Stage, tellLog, tellTotals } from './stage.js';

/** A request that may spend: its answer with the cost, and its line in the log. */
export async function showRequest(stage: Stage, framework: Framework, app: ServedApp, user: string): Promise<void> {
  const { tell, upstream, log } = stage;
  const request = framework.ask(upstream.ask(QUESTION));
  tell.request(request);
  const response = await app.send(request, user);
  tell.say(`< ${response.status} ${await response.text()}`);
  if (!response.ok) throw new Error(`the ${framework.name} app answered ${response.status} to ${request.path}`);
  const lines = (await log.take(isCostLine)).filter(isCostLine);
  tellLog(stage, lines);
  tell.check((costOf(lines)?.costNanos ?? 0) > 0, `the ${framework.name} request's line in the log has its cost`);
}

/** A request of a tenant whose budget is used up: the framework's own 402, without a call. */
export async function showDenial(stage: Stage, framework: Framework, app: ServedApp, user: string): Promise<void> {
  const { tell, upstream, log } = stage;
  const sent = callsAt(upstream.standIn);
  const request = framework.ask(upstream.ask(QUESTION));
  tell.request(request);
  const response = await app.send(request, user);
  const body = await response.text();
  tell.answer(response, body);
  tellLog(stage, await log.take(isCostLine));
  tell.check(response.status === 402 && !/\d\.\d/.test(body), `${framework.denial}, and no amount in it`);
  if (upstream.standIn) tell.check(callsAt(upstream.standIn) === sent, 'the denied call never left the process');
  tellTotals(stage);
}
