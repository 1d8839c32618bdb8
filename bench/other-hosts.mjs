// Row 8: CPU that a meter adds to calls that are not Eden AI's.
import { withServer } from './children.mjs';
import { sideBySide, UNTIL_COMPILED } from './measure.mjs';
import { row } from './report.mjs';
import { added, median, noise } from './statistics.mjs';

const MODES = ['bare', 'control', 'elsewhere', 'als'];
const SIZE = { warmUp: { chat: UNTIL_COMPILED }, units: 2_000, rounds: 9 };

export const otherHostRows = () =>
  withServer('./server.mjs', async (url) => [
    ...rowsOf('fetch', await sideBySide(MODES, 'chat', 'fetch', url, SIZE)),
    ...rowsOf('http', await sideBySide(MODES, 'chat', 'http', url, SIZE)),
  ]);

function rowsOf(transport, { bare, control, elsewhere, als }) {
  const base = median(bare.cpu);
  const ofBare = (client) => added(client.cpu, bare.cpu).map((cpu) => cpu / base);
  const share = median(ofBare(elsewhere));
  const bound = noise(ofBare(control));
  const what = `8 ${transport}: CPU added to a call to another host, of the bare call (${Math.round(base)} us)`;
  return [
    row(what, share, `<= ${bound.toFixed(3)} (noise)`, share <= bound, median(ofBare(control))),
    row(`8 ${transport}: CPU that an empty AsyncLocalStorage adds to a call, of the bare call`, median(ofBare(als))),
  ];
}
