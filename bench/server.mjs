// Answers every POST with a priced chat completion: at once, or so many milliseconds later as the last message says. Ends with
// its parent.
import http from 'node:http';
import { CHAT } from './answers.mjs';

let delayMs = 0;

const server = http.createServer((request, response) => {
  const answer = () => response.writeHead(200, { 'content-type': 'application/json' }).end(CHAT);
  request.resume().on('end', () => (delayMs === 0 ? answer() : setTimeout(answer, delayMs)));
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('message', (message) => {
  delayMs = message.delayMs;
  process.send('ready');
});
process.on('disconnect', () => process.exit());
