import { HELP, runCommand } from './command-line.js';

function terminal() {
  const out: string[] = [];
  const errors: string[] = [];
  return {
    out: (line: string) => void out.push(line),
    error: (line: string) => void errors.push(line),
    lines: out,
    errors,
  };
}

describe('eden-stand-in', () => {
  it('prints its address, and a line for each request with its cost', async () => {
    const screen = terminal();
    const stop = await runCommand(['--balance', '0.1', '--encoding', 'identity', '--latency', '1'], screen);
    const url = /on (\S+)/.exec(screen.lines[0] ?? '')?.[1];
    const post = (body: string) => fetch(`${url}/v3/universal-ai`, { method: 'POST', body });
    await (await post('{}')).text();
    await (await fetch(`${url}/v3/models`)).text();
    await (stop as () => Promise<void>)();
    expect(screen.lines.slice(1)).toEqual(['POST /v3/universal-ai 200 0.01 USD', 'GET /v3/models 200 free']);
  });

  it('is quiet when it is told to be, and asks for its keys', async () => {
    const screen = terminal();
    const stop = await runCommand(['--quiet', '--key', 'one', '--key', 'two'], screen);
    const url = /on (\S+)/.exec(screen.lines[0] ?? '')?.[1];
    const statuses = ['two', 'three'].map(
      async (key) =>
        (await fetch(`${url}/v3/upload`, { method: 'POST', headers: { authorization: `Bearer ${key}` } })).status,
    );
    expect(await Promise.all(statuses)).toEqual([200, 401]);
    await (stop as () => Promise<void>)();
    expect(screen.lines).toHaveLength(1);
  });

  it('explains itself', async () => {
    const screen = terminal();
    expect(await runCommand(['--help'], screen)).toBe(0);
    expect(screen.lines).toEqual([HELP]);
  });

  it.each([
    [['--port', 'x'], '--port must be a port number, not "x"'],
    [['--port', '70000'], '--port must be a port number, not "70000"'],
    [['--balance', '-1'], 'balance'],
    [['--balance', 'much'], '--balance must be an amount in USD, not "much"'],
    [['--latency', '1.5'], '--latency must be a number of milliseconds, not "1.5"'],
    [
      ['--encoding', 'zip'],
      '--encoding must be one of auto, identity, gzip, br, deflate, deflate-raw, zstd, not "zip"',
    ],
    [['--refill-amount', '5'], '--refill-threshold and --refill-amount go together'],
    [['--colour'], "Unknown option '--colour'"],
    [['file'], 'file'],
  ])('%j is a usage error', async (args, message) => {
    const screen = terminal();
    expect(await runCommand(args, screen)).toBe(2);
    expect(screen.errors[0]).toContain(message);
    expect(screen.errors[0]).toContain('--help');
  });

  it('says why it cannot start', async () => {
    const screen = terminal();
    const stop = await runCommand([], screen);
    const port = /:(\d+) /.exec(screen.lines[0] ?? '')?.[1] ?? '';
    expect(await runCommand(['--port', port], screen)).toBe(1);
    expect(screen.errors[0]).toContain('EADDRINUSE');
    await (stop as () => Promise<void>)();
  });
});
