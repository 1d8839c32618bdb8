// Row 5: CPU that the meter adds to an answer of 2 MB, beside one JSON.parse of it.
import { EMBEDDINGS } from './answers.mjs';
import { withServer } from './children.mjs';
import { interleaved, sideBySide, UNTIL_COMPILED } from './measure.mjs';
import { row } from './report.mjs';
import { added, median } from './statistics.mjs';

const MODES = ['bare', 'control', 'eden', 'als'];
const SIZE = { warmUp: { chat: UNTIL_COMPILED, embeddings: 400 }, units: 10, rounds: 41 };
const MOST = 0.02;

export async function largeAnswerRows() {
  const { parse } = await interleaved({ parse: parseOnce }, 21);
  return withServer('./embeddings-server.mjs', async (url) => [
    ...rowsOf('fetch', parse, await sideBySide(MODES, 'embeddings', 'fetch', url, SIZE)),
    ...rowsOf('http', parse, await sideBySide(MODES, 'embeddings', 'http', url, SIZE)),
  ]);
}

async function parseOnce() {
  JSON.parse(EMBEDDINGS);
  return 1;
}

function rowsOf(transport, parse, { bare, control, eden, als }) {
  const ofParse = (client) => median(added(client.cpu, bare.cpu)) / parse;
  const size = `${(EMBEDDINGS.length / 1e6).toFixed(1)} MB`;
  const what = `5 ${transport}: CPU added to an answer of ${size}, of one JSON.parse of it (${Math.round(parse)} us)`;
  const context = `5 ${transport}: CPU that an empty AsyncLocalStorage adds to that answer, of the same JSON.parse`;
  return [row(what, ofParse(eden), `<= ${MOST}`, ofParse(eden) <= MOST, ofParse(control)), row(context, ofParse(als))];
}
