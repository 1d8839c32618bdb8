import { formatUsd } from '@eden-cost/core';
import type { EdenStandIn } from '@eden-cost/testing';
import { CAP_USD, TENANT_LIMITS_USD } from './budgets.js';
import { EXPRESS } from './frameworks.js';
import { count, isCostLine } from './narrator.js';
import { eventsOf, type ServedApp } from './served-app.js';
import { callsAt, costOf, QUESTION, type Stage, tellLog, tellTotals } from './stage.js';

export async function showStart({ tell, log }: Stage): Promise<void> {
  const [line] = await log.take(() => true);
  if (line) tell.log(line, true);
  tell.check(line?.msg === 'edenai cost meter started', 'the meter says what it watches');
}

export function showWholeLine({ tell, log }: Stage): void {
  const line = log.all.findLast(isCostLine);
  tell.say('That line is shortened here. What the app wrote:');
  if (line) tell.log(line, true);
}

export async function showFetch(stage: Stage, app: ServedApp): Promise<void> {
  const { tell, upstream, log } = stage;
  tell.say('ben of globex has a text embedded; the app uses plain fetch');
  const embed = await app.post('/embed', 'ben', { text: upstream.ask('The sky is blue.') });
  tell.say(`< ${embed.status} ${await embed.text()}`);
  tellLog(stage, await log.take(isCostLine));
  tell.check(embed.status === 200, 'the app did not have to change for either of them');
  tellTotals(stage);
}

export async function showSpentBudget(stage: Stage, app: ServedApp): Promise<void> {
  const { tell, upstream, log } = stage;
  tell.step(`A budget runs out: acme may spend ${TENANT_LIMITS_USD.acme} USD a day, and ann goes on asking`);
  for (let asked = 0; asked < 30; asked++) {
    const sent = callsAt(upstream.standIn);
    const response = await app.post('/ask', 'ann', { question: upstream.ask(QUESTION) });
    const body = await response.text();
    tellLog(stage, await log.take(isCostLine));
    if (response.status === 200) continue;
    tell.say("the client's answer:");
    tell.answer(response, body);
    tell.check(
      response.status === 402 && body.includes('ERR_COST_BUDGET_EXCEEDED'),
      `${EXPRESS.denial}, and no amount in it`,
    );
    if (upstream.standIn) tell.check(callsAt(upstream.standIn) === sent, 'the denied call never left the process');
    tellTotals(stage);
    return;
  }
  tell.check(false, 'the budget of acme ran out within 30 requests');
}

export async function showEmptyCredits(stage: Stage, app: ServedApp, standIn: EdenStandIn): Promise<void> {
  const { tell, upstream, log } = stage;
  tell.step("Eden AI's own 402: the account's credits are used up, and ben of globex asks");
  log.skip();
  standIn.setBalance(0);
  const response = await app.post('/ask', 'ben', { question: upstream.ask(QUESTION) });
  const body = await response.text();
  const lines = await log.take(isCostLine);
  tellLog(stage, lines);
  tell.say("the client's answer (Eden AI's own said how many credits are left):");
  tell.answer(response, body);
  tell.check(body.includes('ERR_COST_CREDITS_EXHAUSTED') && !body.includes('credits":'), 'a 402 without the balance');
  tell.check(
    lines.some(({ level }) => level === 50),
    'the operator is told what to do, once a minute',
  );

  tell.step('Auto-refill buys credits: nothing has to be restarted');
  let status = response.status;
  let asked = 0;
  for (; status !== 200 && asked < 40; asked++) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const again = await app.post('/ask', 'ben', { question: upstream.ask(QUESTION) });
    status = again.status;
    await again.text();
  }
  tellLog(stage, (await log.take((line) => costOf([line])?.deniedCalls === 0)).slice(-1));
  tell.check(
    status === 200 && standIn.books().refills.length === 1,
    `answered again, ${count(asked, 'request')} later`,
  );
}

export async function showStream(stage: Stage, app: ServedApp): Promise<void> {
  const { tell, upstream, log } = stage;
  const response = await app.post('/stream', 'ben', { question: upstream.ask(QUESTION) });
  let costUsd: unknown;
  tell.part('   ');
  for await (const event of eventsOf(response)) {
    const { text, ...rest } = JSON.parse(event.replace(/^(event: cost\n)?data: /, ''));
    if (text !== undefined) tell.part(text);
    else ({ costUsd } = rest);
  }
  tell.part('\n');
  tell.say(`and its last event: cost ${costUsd} USD`);
  const lines = (await log.take(isCostLine)).filter(isCostLine);
  tellLog(stage, lines);
  tell.check(Number(costUsd) > 0 && costUsd === lines[0]?.edenai.costUsd, "the stream's cost is the cost in the log");

  tell.say(
    "acme's budget is still used up: withBudget() denies before the first byte, and this app words its own answer",
  );
  const denied = await app.post('/stream', 'ann', { question: upstream.ask(QUESTION) });
  tell.say(`HTTP/1.1 ${denied.status} ${denied.statusText}  ${await denied.text()}`);
  tellLog(stage, await log.take(isCostLine));
  tell.check(denied.status === 402, 'a 402 instead of a stream that breaks off');
}

export function showTotals(stage: Stage, metered: number): void {
  const { tell, upstream, log } = stage;
  tell.step('The books');
  tellTotals(stage);
  const logged = log.all.filter(isCostLine).reduce((sum, { edenai }) => sum + edenai.costNanos, 0);
  tell.check(logged === metered, `the log and the meters say the same: ${metered} nano-USD`);
  tell.check(metered < CAP_USD * 1e9, `that is below the cap of ${CAP_USD} USD`);
  if (upstream.standIn) {
    const { totalNanos } = upstream.standIn.books();
    tell.check(
      metered === totalNanos,
      `we say ${metered} nano-USD, Eden AI's books say ${totalNanos}: equal to the nano`,
    );
  } else {
    tell.say(`we say ${formatUsd(metered)} USD; the usage page of your Eden AI account says what Eden AI booked.`);
  }
}
