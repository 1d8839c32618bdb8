import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startEdenStandIn } from '@eden-cost/testing';
import { runDemo } from './demo.js';

async function run(env: NodeJS.ProcessEnv, colours = false) {
  let output = '';
  const write = (text: string) => {
    output += text;
  };
  return { code: await runDemo({ write, colours }, env), output: () => output };
}

/** Without what differs from run to run. */
const masked = (text: string) =>
  text
    .replace(/"id":"[^"]*"/g, '"id":""')
    .replace(/\d+/g, '0')
    .replace(/^ {3}(log \w+ +)?/gm, '');

/** The first block of the README in this language. */
function inReadme(language: string): string[] {
  const readme = readFileSync(join(__dirname, '../../../README.md'), 'utf8');
  const block = readme.split(`\n\`\`\`${language}\n`)[1]?.split('\n```')[0] ?? '';
  return masked(block).split('\n').filter(Boolean);
}

const steps = (output: string) => output.split(/^\d\. /m).slice(1);

/** One request with its cost, and one denied before it left the process. */
function expectFramework(step = '', told: Record<'request' | 'costLine' | 'type' | 'denial', string>) {
  for (const text of [told.request, told.costLine, told.denial]) expect(step).toContain(text);
  expect(step).toMatch(/< 20[01] \{"texts":\["The sky is blue .*"costUsd":0\.00001905\}/);
  expect(step).toContain('HTTP/1.1 402 Payment Required');
  expect(step).toContain(`content-type: ${told.type}`);
  expect(step).toMatch(/retry-after: \d+/);
  expect(step).toContain('ok: the denied call never left the process');
}

test('shows the whole story against the stand-in', async () => {
  const { code, output } = await run({});
  const [start, prices, spent, koa, nestjs, credits, refill, stream, books] = steps(output());

  expect(output()).not.toContain('NOT SO');
  expect(code).toBe(0);
  expect(start).toContain('"msg":"edenai cost meter started"');
  expect(prices).toMatch(/"msg":"edenai request cost".*"costNanos":[1-9]\d*.*"labels":\{"tenant":"acme"\}/);
  expect(prices).toMatch(/so far: acme 0\.0000\d+ USD in 1 call · globex 0\.000000\d+ USD in 1 call/);
  expect(spent).toContain('log warn  edenai calls denied: budget "tenant-daily" is spent');
  expect(spent).toContain('"code":"ERR_COST_BUDGET_EXCEEDED"');
  expectFramework(`${prices}${spent}`, {
    request: '> POST /ask {"question":',
    costLine: 'log info  POST /ask 200: 0.00001905 USD, 1 call, openai/gpt-4o-mini, acme',
    type: 'application/problem+json',
    denial: "ok: Express's own 402",
  });
  expectFramework(koa, {
    request: '> GET /ask?question=Why is the sky blue?',
    costLine: 'log info  GET /ask 200: 0.00001905 USD, 1 call, openai/gpt-4o-mini, globex',
    type: 'text/plain',
    denial: "ok: Koa's own 402",
  });
  expectFramework(nestjs, {
    request: '> POST /ask {"questions":',
    costLine: 'log info  POST /ask 201: 0.00001905 USD, 1 call, openai/gpt-4o-mini, ask, globex',
    type: 'application/json',
    denial: "ok: NestJS's own 402",
  });
  expect(credits).toMatch(/log error Eden AI answered 402 Payment Required: .* turn on auto-refill/);
  expect(credits).toContain('"code":"ERR_COST_CREDITS_EXHAUSTED"');
  expect(credits).not.toContain('available_credits');
  expect(refill).toMatch(/log info {2}POST \/ask 200: .* globex\n {3}ok: answered again/);
  expect(stream).toMatch(/and its last event: cost 0\.0000\d+ USD/);
  const lines = masked(output()).split('\n');
  for (const language of ['json', 'http', 'text']) expect(lines).toEqual(expect.arrayContaining(inReadme(language)));
  expect(books).toMatch(/we say (\d+) nano-USD, Eden AI's books say \1: equal to the nano/);
}, 60_000);

test('talks to Eden AI itself when it has a key, and leaves out what only the stand-in can do', async () => {
  const eden = await startEdenStandIn({ keys: ['test-key'] });
  try {
    const { code, output } = await run({ EDENAI_API_KEY: 'test-key', EDENAI_BASE_URL: eden.baseUrl });
    expect(output()).not.toContain('NOT SO');
    expect(code).toBe(0);
    expect(steps(output())).toHaveLength(7);
    expect(output()).toContain('(Left out,');
    expect(output()).not.toContain('test-key');
    expect(eden.books().totalUsd).toBeLessThan(0.001);
  } finally {
    await eden.close();
  }
}, 60_000);

test('fails, and still ends, when something is not as it should be', async () => {
  const eden = await startEdenStandIn({ keys: ['another-key'] });
  try {
    const { code, output } = await run({ EDENAI_API_KEY: 'test-key', EDENAI_BASE_URL: eden.baseUrl });
    expect(code).toBe(1);
    expect(output()).toContain('NOT SO');
  } finally {
    await eden.close();
  }
}, 60_000);

test('uses colours only where it is told to', async () => {
  const eden = await startEdenStandIn();
  try {
    const env = { EDENAI_API_KEY: 'test-key', EDENAI_BASE_URL: eden.baseUrl };
    expect((await run(env)).output()).not.toContain('\u001b[');
    expect((await run(env, true)).output()).toContain('\u001b[');
  } finally {
    await eden.close();
  }
}, 60_000);
