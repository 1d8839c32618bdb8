// Keeps so many connections busy with GET requests, for so long, and sends what has been answered. Ends with its parent.
import http from 'node:http';

const get = (url, agent) =>
  new Promise((resolve, reject) => {
    const request = http.get(url, { agent }, (response) => {
      response.on('error', reject).resume();
      response.on('end', () => resolve(response.statusCode));
    });
    request.on('error', reject);
  });

async function run({ url, connections, ms }) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  const startedAt = performance.now();
  let answered = 0;
  let failed = 0;
  const keepBusy = async () => {
    while (performance.now() - startedAt < ms) {
      const status = await get(url, agent).catch(() => 0);
      if (status === 200) answered += 1;
      else failed += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, keepBusy));
  agent.destroy();
  return { answered, failed, ms: performance.now() - startedAt };
}

process.on('message', async (round) => process.send(await run(round)));
process.on('disconnect', () => process.exit());
process.send('ready');
