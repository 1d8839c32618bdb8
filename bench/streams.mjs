// Row 3: CPU and the first chunk's latency of a chat in 200 chunks, beside the bare call and a wrapper that clones the answer, and
// how long the chunks of a slow one are on their way.
import { withServer } from './children.mjs';
import { sideBySide, UNTIL_COMPILED } from './measure.mjs';
import { row } from './report.mjs';
import { added, median, noise } from './statistics.mjs';

const SIZE = { warmUp: { chat: UNTIL_COMPILED, stream: 400 }, units: 25, rounds: 15 };
const SLOW = { warmUp: { chat: UNTIL_COMPILED, 'slow stream': 5 }, units: 2, rounds: 15 };
const KINDS = [
  { what: 'cpu', says: 'CPU of a stream of 200 chunks' },
  { what: 'firstChunk', says: "a stream's first chunk" },
];
const PEERS = { clone: 'clone()', least: 'the least that meters' };
const SLOW_KINDS = [{ what: 'chunk', says: 'the median way of a chunk, one each 2 ms' }];

export const streamRows = () =>
  withServer('./stream-server.mjs', async (url) => [
    ...rowsOf(
      KINDS,
      'fetch',
      await sideBySide(['bare', 'control', 'eden', 'least', 'clone'], 'stream', 'fetch', url, SIZE),
    ),
    ...rowsOf(KINDS, 'http', await sideBySide(['bare', 'control', 'eden', 'least'], 'stream', 'http', url, SIZE)),
    ...rowsOf(SLOW_KINDS, 'fetch', await sideBySide(['bare', 'control', 'eden'], 'slow stream', 'fetch', url, SLOW)),
    ...rowsOf(SLOW_KINDS, 'http', await sideBySide(['bare', 'control', 'eden'], 'slow stream', 'http', url, SLOW)),
  ]);

const rowsOf = (kinds, transport, seen) =>
  kinds.flatMap(({ what, says }) => {
    const base = median(seen.bare[what]);
    const ofBare = (mode) => added(seen[mode][what], seen.bare[what]).map((value) => value / base);
    const control = median(ofBare('control'));
    const bound = noise(ofBare('control'));
    const share = median(ofBare('eden'));
    const title = `3 ${transport}: added to ${says}, of the bare one (${Math.round(base)} us)`;
    return [
      row(title, share, `<= ${bound.toFixed(3)} (noise)`, share <= bound, control),
      ...['clone', 'least']
        .filter((mode) => seen[mode])
        .map((mode) => row(`${title}, by ${PEERS[mode]}`, median(ofBare(mode)))),
    ];
  });
