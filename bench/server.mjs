// Answers every POST with a priced chat completion. Ends with its parent.
import http from 'node:http';

const ANSWER = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'openai/gpt-4o',
  choices: [{ index: 0, message: { role: 'assistant', content: 'y'.repeat(600) }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 100, completion_tokens: 150 },
  provider: 'openai',
  cost: 0.000123,
});

const server = http.createServer((request, response) => {
  request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end(ANSWER));
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('disconnect', () => process.exit());
