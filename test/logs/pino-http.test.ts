import type { RequestHandler } from 'express';
import { type Options, pinoHttp } from 'pino-http';
import { pinoHttp as pinoHttp10 } from 'pino-http10';
import { unnamed, useApps } from './kit.js';
import { isCostLine, type Line, sink } from './sink.js';

const kit = useApps();

type Http = (options: Options, stream: NodeJS.WritableStream) => RequestHandler;

/** What the app may add to every line of a request: pino writes a key twice that comes twice. */
const CUSTOM_PROPS: Record<string, Options['customProps']> = {
  'one for the line': () => ({ service: 'shop' }),
  'an object': { service: 'shop' } as never,
  'what changes until the response': (req) => ({ costUsd: (req as { costs?: { totalUsd: number } }).costs?.totalUsd }),
  'a route': () => ({ route: 'mine' }),
  'a response and its time': () => ({ res: 'mine', responseTime: 'mine' }),
};

describe.each<[string, Http]>([
  ['pino-http 11', pinoHttp as Http],
  ['pino-http 10', pinoHttp10 as Http],
])('%s', (_name, http) => {
  async function ask(options: Options, { before = true } = {}): Promise<Line[]> {
    const { stream, lines, costLines } = sink();
    const { options: none, stdout } = unnamed();
    const costs = kit.costAware({ ...none, labels: () => ({ tenant: 'acme' }) });
    const logging = http(options, stream);
    const app = kit.app(before ? [logging, costs] : [costs, logging], async (_req, res) => {
      await kit.chat({ costUsd: 0.01234 });
      res.status(201).send('answered');
    });
    expect(await kit.get(app)).toBe(201);
    expect(await costLines(1)).toHaveLength(1);
    expect(stdout.join('')).not.toContain('edenai request cost');
    return lines();
  }

  const ours = (lines: Line[]) => lines.find(isCostLine);

  it.each([true, false])('has one line with the costs, whichever was mounted first (pino-http: %s)', async (before) => {
    const lines = await ask({}, { before });
    expect(ours(lines)).toMatchObject({
      level: 30,
      req: { id: 1, method: 'GET' },
      res: { statusCode: 201 },
      edenai: { costUsd: 0.01234, calls: 1, labels: { tenant: 'acme' }, route: '/ask/:id' },
    });
    expect(ours(lines)?.responseTime).toEqual(expect.any(Number));
    expect(lines.filter((line) => !isCostLine(line))).toMatchObject([{ msg: 'request completed' }]);
  });

  it.each(Object.entries(CUSTOM_PROPS))('and customProps with %s: no key twice', async (_what, customProps) => {
    const line = ours(await ask({ customProps }));
    expect(line).toMatchObject({ req: { method: 'GET' }, edenai: { costUsd: 0.01234, route: '/ask/:id' } });
  });

  it.each<[string, Options, object]>([
    ['quietReqLogger', { quietReqLogger: true }, { reqId: 1, req: { id: 1, method: 'GET', route: '/ask/:id' } }],
    [
      'another key for the request',
      { customAttributeKeys: { req: 'request' } },
      { request: { id: 1 }, req: { id: 1, method: 'GET', route: '/ask/:id' } },
    ],
    ['no lines of its own', { autoLogging: false }, { req: { id: 1 }, edenai: { route: '/ask/:id' } }],
    [
      'serializers of the app',
      { serializers: { res: ({ raw }) => ({ status: raw.getHeader('x-none') }), req: () => ({ hidden: true }) } },
      { req: { hidden: true }, res: { statusCode: 201 } },
    ],
  ])('with %s: every field is there, as it is', async (_what, options, expected) => {
    expect(ours(await ask(options))).toMatchObject({ ...expected, res: { statusCode: 201 } });
  });

  it('that has the key of the costs itself gets no line: it goes to pino on stdout, and is whole', async () => {
    const { stream, text } = sink();
    const { options, stdout } = unnamed();
    const app = kit.app(
      [http({ customProps: () => ({ edenai: 'mine' }) }, stream), kit.costAware(options)],
      async (_req, res) => {
        await kit.chat({ costUsd: 0.01234 });
        res.send('answered');
      },
    );
    await kit.get(app);
    expect(text()).not.toContain('edenai request cost');
    const lines = stdout.filter((line) => line.includes('edenai request cost')).map((line) => JSON.parse(line));
    expect(lines).toMatchObject([{ req: { id: 1, route: '/ask/:id' }, edenai: { costUsd: 0.01234 } }]);
  });

  it('can have the costs in its own line instead, with customSuccessObject and customErrorObject', async () => {
    const { stream, lines } = sink();
    const withCosts = (req: object, value: object) => ({
      ...value,
      costUsd: (req as { costs?: { totalUsd: number } }).costs?.totalUsd,
    });
    const options: Options = {
      customSuccessObject: (req, _res, value) => withCosts(req, value),
      customErrorObject: (req, _res, _error, value) => withCosts(req, value),
    };
    const app = kit.app([http(options, stream), kit.costAware({ logger: false })], async (req, res) => {
      await kit.chat({ costUsd: 0.01234 });
      res.sendStatus(req.params.id === '42' ? 200 : 500);
    });
    expect([await kit.get(app), await kit.get(app, '/ask/43')]).toEqual([200, 500]);
    expect(lines()).toMatchObject([
      { msg: 'request completed', costUsd: 0.01234 },
      { msg: 'request errored', costUsd: 0.01234 },
    ]);
  });
});
