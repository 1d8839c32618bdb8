import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMeter } from '@eden-cost/core';
import { ROOT } from './markdown.js';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** The names in the first column of the tables of one section. */
function namesIn(markdown: string, heading: string): string[] {
  const section = markdown.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return Array.from(section.matchAll(/^\| `([^`]+)` \|/gm), ([, name]) => name as string);
}

/** The names that the check itself knows: it lists them for a name that is like none. */
function knownOptions(options: object): string[] {
  try {
    createMeter(options);
  } catch (error) {
    return /known are (.*)$/.exec((error as Error).message)?.[1]?.split(', ') ?? [];
  }
  return [];
}

test("the README's table of options names all of them, and no other", () => {
  const known = knownOptions({ zzzzzzzzzzzz: 1 });
  expect(namesIn(read('README.md'), 'Options').sort()).toEqual([...known, 'labels', 'status', 'problemJson'].sort());
});

test("the README's table of budgets names all of their options, and no other", () => {
  const known = knownOptions({ budgets: [{ zzzzzzzzzzzz: 1 }] });
  expect(namesIn(read('README.md'), 'Budgets').sort()).toEqual(known.sort());
});

test('docs/errors.md names every problem that is told, and no other', () => {
  const folder = join('packages', 'core', 'src');
  const source = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => read(join(folder, name)))
    .join('\n');
  const told = Array.from(source.matchAll(/problem: '([a-z-]+)',|\btell\(\s*'([a-z-]+)'/g), ([, a, b]) => a ?? b);
  const named = namesIn(read('docs/errors.md').replace('| `problem` |', ''), 'Problems that are told');
  expect(named).toEqual(expect.arrayContaining(told));
  expect(named.filter((name) => !new RegExp(`['|]${name}'`).test(source))).toEqual([]);
});
