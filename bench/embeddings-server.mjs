// Answers with 2 MB of embeddings, not encoded, and a chat with little. Ends with its parent.
import http from 'node:http';
import { CHAT, EMBEDDINGS } from './answers.mjs';

const ANSWERS = { '/v3/embeddings': Buffer.from(EMBEDDINGS), '/v3/chat/completions': Buffer.from(CHAT) };

const server = http.createServer((request, response) => {
  const answer = ANSWERS[request.url];
  const headers = { 'content-type': 'application/json', 'content-length': answer.length };
  request.resume().on('end', () => response.writeHead(200, headers).end(answer));
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('disconnect', () => process.exit());
