import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { type EdenStandIn, manualClock, startEdenStandIn } from './index.js';

describe('a stand-in', () => {
  it('serves a thousand connections at once, and books each of them', async () => {
    const eden = await startEdenStandIn();
    const agent = new Agent({ maxSockets: 1000 });
    let release = () => {};
    const hold = new Promise<void>((resolve) => {
      release = resolve;
    });
    eden.script({ hold, costUsd: '0.000000007', times: 1000 });
    const one = () =>
      new Promise<number | undefined>((resolve, reject) => {
        const outgoing = request(`${eden.baseUrl}/chat/completions`, { method: 'POST', agent }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode));
        });
        outgoing.on('error', reject).end('{}');
      });
    const all = Promise.all(Array.from({ length: 1000 }, one));
    await eden.received(1000);
    release();
    expect(new Set(await all)).toEqual(new Set([200]));
    expect(eden.books()).toMatchObject({ totalNanos: 7000, requests: 1000 });
    agent.destroy();
    await eden.close();
  });

  it('closes at once, with connections open and answers under way', async () => {
    const clock = manualClock();
    const eden = await startEdenStandIn({ clock, latencyMs: 1e9 });
    const pending = fetch(`${eden.baseUrl}/chat/completions`, { method: 'POST', body: '{}' });
    await eden.received(1);
    await eden.close();
    await expect(pending).rejects.toThrow();
    await eden.idle();
    expect(clock.pending).toBe(0);
    await expect(fetch(eden.url)).rejects.toThrow();
  });

  it('can stand behind a path prefix', async () => {
    const eden = await startEdenStandIn({ pathPrefix: '/eden' });
    expect(eden.baseUrl).toMatch(/\/eden\/v3$/);
    expect((await fetch(`${eden.baseUrl}/models`)).status).toBe(200);
    expect((await fetch(new URL('/v3/models', eden.url))).status).toBe(404);
    await eden.close();
  });

  it('outlives callers that leave in the middle of their request', async () => {
    const eden = await startEdenStandIn();
    const { hostname, port } = new URL(eden.url);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write('POST /v3/embeddings HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc', () => {
          socket.resetAndDestroy();
          resolve();
        });
      });
    });
    expect((await fetch(`${eden.baseUrl}/models`)).status).toBe(200);
    await eden.close();
  });

  it.each<[object, string]>([
    [{ balanceUSD: 1 }, 'there is no option "balanceUSD"'],
    [{ balanceUsd: -1 }, 'balanceUsd must be an amount'],
    [{ autoRefill: { thresholdUsd: 'x', amountUsd: 1 } }, 'autoRefill.thresholdUsd must be an amount'],
  ])('does not start with %j', async (options, message) => {
    await expect(startEdenStandIn(options)).rejects.toThrow(message);
  });

  it('does not start on a port that is taken', async () => {
    const eden: EdenStandIn = await startEdenStandIn();
    await expect(startEdenStandIn({ port: Number(new URL(eden.url).port) })).rejects.toThrow('EADDRINUSE');
    await eden.close();
  });
});
