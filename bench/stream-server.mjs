// Answers a streamed chat with 200 chunks, and with what they cost when that is asked for, and any other at once. A chunk of
// the user "slow" comes 2 ms after the one before, and says when it was written. Ends with its parent.
import http from 'node:http';
import { CHAT } from './answers.mjs';

const CHUNKS = 200;
/** A model takes 20 to 200 times as long to say its first word. */
const FIRST_CHUNK_MS = 5;
const SLOW_CHUNKS = 50;
const SLOW_CHUNK_MS = 2;
const event = (fields) =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', model: 'openai/gpt-4o', ...fields })}\n\n`;
const choice = (delta, finish_reason = null) => ({ choices: [{ index: 0, delta, finish_reason }] });

const WORDS = Array.from({ length: CHUNKS - 1 }, (_, i) => event(choice({ content: `word ${i} ` })));
const FINISH = event(choice({}, 'stop'));
const USAGE = event({ choices: [], usage: { prompt_tokens: 100, completion_tokens: 200 }, cost: 0.000123 });

const server = http.createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  if (!body.includes('"stream"')) return response.writeHead(200, { 'content-type': 'application/json' }).end(CHAT);
  await new Promise((resolve) => setTimeout(resolve, FIRST_CHUNK_MS));
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  if (body.includes('"user":"slow"')) {
    for (const word of WORDS.slice(0, SLOW_CHUNKS)) {
      await new Promise((resolve) => setTimeout(resolve, SLOW_CHUNK_MS));
      response.write(`: ${process.hrtime.bigint()}\n${word}`); // one clock for all processes of a machine
    }
  } else {
    for (const word of WORDS) {
      response.write(word);
      await new Promise(setImmediate);
    }
  }
  response.write(FINISH);
  if (body.includes('"include_usage"')) response.write(USAGE);
  response.end('data: [DONE]\n\n');
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('disconnect', () => process.exit());
