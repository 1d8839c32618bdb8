// Answers every POST with a priced chat completion: at once, or after a time that differs from one answer to the next, between
// half and one and a half of the milliseconds that the last message says. Ends with its parent.
import http from 'node:http';
import { CHAT } from './answers.mjs';

/** Multiples of it, without their whole part, are spread evenly, in an order that is the same for everybody. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

let delayMs = 0;
let answers = 0;

function delay() {
  answers += 1;
  return delayMs * (0.5 + ((answers * GOLDEN) % 1));
}

const server = http.createServer((request, response) => {
  const answer = () => response.writeHead(200, { 'content-type': 'application/json' }).end(CHAT);
  request.resume().on('end', () => (delayMs === 0 ? answer() : setTimeout(answer, delay())));
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('message', (message) => {
  delayMs = message.delayMs;
  answers = 0;
  process.send('ready');
});
process.on('disconnect', () => process.exit());
