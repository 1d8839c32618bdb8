import { join } from 'node:path';
import { runNode } from '../support/run-node.js';
import { typescript } from '../support/typescript.js';
import type { FrozenRun } from './frozen-process.js';

const PROGRAM = join(__dirname, 'frozen-process.ts');

async function run(what: string, when: 'before' | 'after', flags: string[] = []): Promise<FrozenRun> {
  const { code, stdout, stderr } = await runNode([...flags, ...typescript, PROGRAM, what, when]);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as FrozenRun;
}

const PAID = 1_000_000;

const ALL: FrozenRun['calls'] = {
  fetch: [200, PAID],
  'fetch, streamed': [200, PAID],
  'fetch, not paid for': ['CreditsExhaustedError', 0],
  'meter.fetch': [200, PAID],
  'node:http': [200, PAID],
  'node:http, streamed': [200, PAID],
  'node:http, own agent': [200, PAID],
};

/** What is frozen before the meter is made: the calls that are not metered for that, and what is said about it. */
const FROZEN: Record<string, { changed: FrozenRun['calls']; unmetered: string[]; warnings: string[] }> = {
  modules: { changed: {}, unmetered: [], warnings: [] },
  fetch: {
    changed: { 'fetch, not paid for': [402, 0] },
    unmetered: [],
    warnings: ['globalThis.fetch'],
  },
  'node:http': {
    changed: { 'node:http': [200, 0], 'node:http, streamed': [200, 0], 'node:http, own agent': [200, 0] },
    unmetered: ['node:http'],
    warnings: ['http.Agent.prototype.addRequest'],
  },
  undici: {
    changed: { fetch: [200, 0], 'fetch, streamed': [200, 0], 'fetch, not paid for': [402, 0] },
    unmetered: ['undici'],
    warnings: ['the dispatch method of undici'],
  },
};

describe('a process that freezes what the meter would replace', () => {
  it.each(Object.entries(FROZEN))(
    '(%s) before the meter is made goes on as ever, and is told what is not metered',
    async (what, { changed, unmetered, warnings }) => {
      const result = await run(what, 'before');
      expect(result.calls).toEqual({ ...ALL, ...changed });
      expect(new Set(result.unmetered.map(({ reason }) => reason))).toEqual(
        new Set(unmetered.map((named) => expect.stringContaining(named))),
      );
      for (const { fix } of result.unmetered) expect(fix).toContain('meter.fetch');
      expect(result.warnings).toEqual(
        warnings.map((named) => expect.stringMatching(`^WARN_COST_FROZEN: .*${named}.*meter\\.fetch$`)),
      );
      expect({ restored: result.restored, later: result.later }).toEqual({ restored: true, later: [200, 200] });
    },
  );

  it.each(Object.keys(FROZEN).filter((what) => what !== 'modules'))(
    '(%s) after the meter was made is metered; what cannot be put back any more passes everything on',
    async (what) => {
      const { calls, unmetered, warnings, restored, later } = await run(what, 'after');
      expect({ calls, unmetered, warnings }).toEqual({ calls: ALL, unmetered: [], warnings: [] });
      expect({ restored, later }).toEqual({ restored: false, later: [200, 200] });
    },
  );

  it('(all that the language itself has) is metered, and needs no warning', async () => {
    const { calls, unmetered, warnings, restored } = await run('nothing', 'before', ['--frozen-intrinsics']);
    expect({ calls, unmetered, warnings, restored }).toEqual({
      calls: ALL,
      unmetered: [],
      warnings: [],
      restored: true,
    });
  });
});
