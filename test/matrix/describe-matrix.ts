import type { Case } from './case.js';
import { CLIENTS } from './client-names.js';
import { expectBrokenOff, expectCaught, expectDenied, expectMistake } from './expectations.js';
import { KIND_NAMES, KINDS, type Kind, type KindName } from './kinds.js';
import type { Framework } from './program.js';
import { type MatrixRun, MODES, type Mode, runMatrix } from './run-matrix.js';

function expectationOf(name: KindName): (of: Case) => void {
  const { app, part }: Kind = KINDS[name];
  if (app === 'answers') return expectCaught;
  if (app === 'errs') return expectMistake;
  if (part === 'first') return (of) => expectDenied(of, 'first part');
  return part === 'second' ? expectBrokenOff : (of) => expectDenied(of);
}

/** A test for every kind of denial over every client, in every mode. */
export function describeMatrix(framework: Framework): void {
  const runs = {} as Record<Mode, MatrixRun>;
  beforeAll(async () => {
    const all = await Promise.all(MODES.map((mode) => runMatrix(framework, mode)));
    for (const [index, mode] of MODES.entries()) runs[mode] = all[index] as MatrixRun;
  }, 60_000);

  const cells = MODES.flatMap((mode) =>
    KIND_NAMES.flatMap((kind) => CLIENTS.map((client) => ({ framework, mode, kind, client }) as const)),
  );
  test.each(cells)('$framework $mode: $kind over $client', (of) => {
    const { cells, plain } = runs[of.mode];
    expectationOf(of.kind)({ ...of, cell: cells[of.client][of.kind], plain: plain[of.client] });
  });

  test.each(MODES)(`${framework} %s: nothing would have ended the process`, (mode) => {
    expect(runs[mode].unhandled).toEqual([]);
  });

  test.each(MODES)(`${framework} %s: nothing private is printed, by us or by the framework`, (mode) => {
    expect(runs[mode].printed).toContain('edenai request cost');
    expect(runs[mode].printed).not.toMatch(/canary-(key|prompt|header|body)/);
  });
}
