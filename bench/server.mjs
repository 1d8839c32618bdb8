// Answers every POST with a priced chat completion. Ends with its parent.
import http from 'node:http';
import { CHAT } from './answers.mjs';

const server = http.createServer((request, response) => {
  request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end(CHAT));
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('disconnect', () => process.exit());
