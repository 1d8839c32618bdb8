// Row 1: CPU that the meter adds to a JSON call, beside what OpenTelemetry and @mswjs/interceptors add to it.
import { withServer } from './children.mjs';
import { sideBySide, UNTIL_COMPILED } from './measure.mjs';
import { row } from './report.mjs';
import { added, median, noise } from './statistics.mjs';

const MODES = ['bare', 'control', 'eden', 'otel', 'msw', 'als', 'least'];
const SIZE = { warmUp: { chat: UNTIL_COMPILED }, units: 500, rounds: 37 };
const PEERS = [
  { mode: 'otel', name: "OpenTelemetry's", bound: 1, says: '< 1' },
  { mode: 'msw', name: "@mswjs/interceptors'", bound: 0.2, says: '<= 0.2' },
];

export const meteredCallRows = () =>
  withServer('./server.mjs', async (url) => [
    ...rowsOf('fetch', await sideBySide(MODES, 'chat', 'fetch', url, SIZE)),
    ...rowsOf('http', await sideBySide(MODES, 'chat', 'http', url, SIZE)),
  ]);

function rowsOf(transport, seen) {
  const calls = SIZE.warmUp.chat + SIZE.units * SIZE.rounds;
  for (const mode of ['eden', 'otel', 'msw', 'least']) {
    const met = seen[mode].seen.at(-1);
    // the interceptors tell of an answer after its caller has it: the last few are still to come
    if (met < calls - 10) throw new Error(`${mode} saw ${met} of ${calls} calls over ${transport}`);
  }
  const cpu = (mode) => median(added(seen[mode].cpu, seen.bare.cpu));
  const lost = noise(added(seen.control.cpu, seen.bare.cpu));
  const us = (value) => `${Math.round(value)} us`;
  const contextShare = cpu('als') / cpu('eden');
  const context = `1 ${transport}: CPU that an empty AsyncLocalStorage adds to a call (${us(cpu('als'))}), of the meter's`;
  const least = `1 ${transport}: CPU that the least that meters adds to a call (${us(cpu('least'))}), of OpenTelemetry's`;
  const peers = PEERS.map(({ mode, name, bound, says }) => {
    const share = cpu('eden') / cpu(mode);
    const what = `1 ${transport}: CPU added to a call (${us(cpu('eden'))} to ${us(median(seen.bare.cpu))}), of ${name} (${us(cpu(mode))}, noise ${us(lost)})`;
    // what a peer adds must stand out of the noise, or the share of it says nothing
    const met = cpu(mode) > lost && (bound === 1 ? share < 1 : share <= bound);
    return row(what, share, says, met, cpu('control') / cpu(mode));
  });
  return [...peers, row(context, contextShare), row(least, cpu('least') / cpu('otel'))];
}
