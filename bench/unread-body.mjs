// Row 4: what a server can send of 100 MB that nobody reads, and whether giving them up closes the connection.
import { withServer } from './children.mjs';
import { sideBySide } from './measure.mjs';
import { row } from './report.mjs';
import { median } from './statistics.mjs';

const SIZE = { warmUp: {}, units: 1, rounds: 3 };
/** The kernel's buffers are not of one size from one connection to the next. */
const MOST = 1.1;

export const unreadBodyRows = () =>
  withServer('./unread-server.mjs', async (url) => [
    ...rowsOf('fetch', await sideBySide(['bare', 'control', 'eden', 'clone'], 'unread', 'fetch', url, SIZE)),
    ...rowsOf('http', await sideBySide(['bare', 'control', 'eden'], 'unread', 'http', url, SIZE)),
  ]);

function rowsOf(transport, seen) {
  const sent = (mode) => median(seen[mode].sent);
  const ofBare = (mode) => sent(mode) / sent('bare');
  const closed = (mode) => Math.min(...seen[mode].closed);
  const title = `4 ${transport}: sent of an unread body, of what is sent without us (${(sent('bare') / 1e6).toFixed(1)} MB)`;
  const closing = `4 ${transport}: giving the body up closes the connection`;
  return [
    row(title, ofBare('eden'), `<= ${MOST}`, ofBare('eden') <= MOST, ofBare('control')),
    ...(seen.clone ? [row(`${title}, by clone()`, ofBare('clone'))] : []),
    row(closing, closed('eden'), '= 1', closed('eden') === 1, closed('control')),
    ...(seen.clone ? [row(`${closing}, by clone()`, closed('clone'))] : []),
  ];
}
