// Answers a POST with 100 MB of JSON, as fast as its reader takes them. GET /stalled tells what has been sent of the last one
// when no more has gone out for a while, GET /closed whether its connection was closed. Ends with its parent.
import { once } from 'node:events';
import http from 'node:http';

const BYTES = 100 * 1024 * 1024;
const CHUNK = Buffer.alloc(64 * 1024, 'x');
const STALLED_MS = 400;
const CLOSED_MS = 1_500;

/** The latest POST: what the kernel has taken of its answer, and a promise of its end. */
let latest;

async function sendLarge(request, response) {
  const { socket } = response;
  const before = socket.bytesWritten;
  let closed = false;
  const closing = once(response, 'close').then(() => {
    closed = true;
  });
  latest = { closing, sent: () => socket.bytesWritten - socket.writableLength - before };
  await once(request.resume(), 'end');
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"text":"');
  for (let left = BYTES; left > 0 && !closed; left -= CHUNK.length) {
    if (response.write(CHUNK)) await new Promise(setImmediate);
    else await Promise.race([once(response, 'drain'), closing]);
  }
  response.end('"}');
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const ANSWERS = {
  async '/stalled'() {
    for (let before = -1; before < latest.sent(); await pause(STALLED_MS)) before = latest.sent();
    return { sent: latest.sent() };
  },
  async '/closed'() {
    await Promise.race([latest.closing, pause(CLOSED_MS)]);
    return { closed: Number(latest.sent() < BYTES) };
  },
};

const server = http.createServer(async (request, response) => {
  if (request.method === 'POST') await sendLarge(request, response);
  else response.end(JSON.stringify(await ANSWERS[request.url]()));
});
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('disconnect', () => process.exit());
