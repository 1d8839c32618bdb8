import { useStandIn } from '../support/stand-in.js';
import { turnsUntil } from '../support/turns.js';
import { useRecipes } from './recipes.js';

const standIn = useStandIn();
const run = useRecipes();

function heldCall(): () => void {
  let letGo = () => {};
  const hold = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  standIn.eden.script({ hold, costUsd: 0.0123 });
  return letGo;
}

const refused = (url: string): Promise<boolean> =>
  fetch(url).then(
    () => false,
    () => true,
  );

describe.each(['SIGTERM', 'SIGINT'] as const)('an app as the docs have it that gets %s', (signal) => {
  it('answers the request in flight, books its call, logs it, and exits with 0', async () => {
    const app = await run('SIGTERM', standIn.eden.url);
    const letGo = heldCall();
    const answer = fetch(`${app.url}/ask?user=ann`);
    await standIn.eden.received(1);
    app.child.kill(signal);
    while (!(await refused(`${app.url}/metrics`)));
    letGo();
    expect(await (await answer).text()).toBe('answered');
    expect(await app.ended()).toEqual({ code: 0, stderr: '' });
    expect(app.lines().filter((line) => 'edenai' in line)).toMatchObject([
      { msg: 'edenai cost meter started' },
      {
        msg: 'edenai request cost',
        req: { method: 'GET', route: '/ask' },
        res: { statusCode: 200 },
        edenai: { costUsd: 0.0123, calls: 1, basis: 'reported', late: false },
      },
      { msg: 'edenai cost meter closed', edenai: { restored: true, unsettled: 0 } },
    ]);
  });
});

it('waits for the call that outlives its request, and logs it as late', async () => {
  const app = await run('SIGTERM', standIn.eden.url);
  const letGo = heldCall();
  expect(await (await fetch(`${app.url}/late?user=ann`)).text()).toBe('answered');
  await standIn.eden.received(1);
  app.child.kill('SIGTERM');
  while (!(await refused(`${app.url}/metrics`)));
  letGo();
  expect(await app.ended()).toEqual({ code: 0, stderr: '' });
  expect(app.lines().slice(-2)).toMatchObject([
    { msg: 'edenai request cost', edenai: { costUsd: 0.0123, late: true } },
    { msg: 'edenai cost meter closed', edenai: { unsettled: 0 } },
  ]);
});

it('is ready until it is shutting down', async () => {
  const app = await run("app.get('/ready'", standIn.eden.url);
  const answer = await fetch(`${app.url}/ready`);
  expect([answer.status, await answer.json()]).toEqual([200, { status: 'up', credits: 'off' }]);
  await turnsUntil(() => app.lines().length > 0);
});
