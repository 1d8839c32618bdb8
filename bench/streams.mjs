// Row 3: CPU and the first chunk's latency of a chat in 200 chunks, beside the bare call and a wrapper that clones the answer.
import { withServer } from './children.mjs';
import { sideBySide } from './measure.mjs';
import { row } from './report.mjs';
import { added, median, noise } from './statistics.mjs';

const SIZE = { warmUp: { chat: 4_000, stream: 200 }, units: 25, rounds: 15 };
const KINDS = [
  { what: 'cpu', says: 'CPU of a stream of 200 chunks' },
  { what: 'firstChunk', says: "a stream's first chunk" },
];

export const streamRows = () =>
  withServer('./stream-server.mjs', async (url) => [
    ...rowsOf('fetch', await sideBySide(['bare', 'control', 'eden', 'clone'], 'stream', 'fetch', url, SIZE)),
    ...rowsOf('http', await sideBySide(['bare', 'control', 'eden'], 'stream', 'http', url, SIZE)),
  ]);

const rowsOf = (transport, seen) =>
  KINDS.flatMap(({ what, says }) => {
    const base = median(seen.bare[what]);
    const ofBare = (mode) => added(seen[mode][what], seen.bare[what]).map((value) => value / base);
    const control = median(ofBare('control'));
    const bound = noise(ofBare('control'));
    const share = median(ofBare('eden'));
    const title = `3 ${transport}: added to ${says}, of the bare one (${Math.round(base)} us)`;
    return [
      row(title, share, `<= ${bound.toFixed(3)} (noise)`, share <= bound, control),
      ...(seen.clone ? [row(`${title}, by clone()`, median(ofBare('clone')))] : []),
    ];
  });
