import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './markdown.js';

const PAGE = 'docs/decisions/0012-what-went-wrong-elsewhere.md';
const RULES = 46;

interface Rule {
  readonly number: number;
  readonly holds: string;
  readonly tests: readonly { readonly title: string; readonly path: string }[];
}

const page = readFileSync(join(ROOT, PAGE), 'utf8');
const rules = Array.from(page.matchAll(/^\| (\d+) \| (.*) \|$/gm), ([, number, row]): Rule => {
  const cells = row?.split(' | ') ?? [];
  const links = Array.from((cells[2] ?? '').matchAll(/\[([^\]]+)\]\(([^)]+)\)/g));
  return {
    number: Number(number),
    holds: cells[1] ?? '',
    tests: links.map(([, title = '', path = '']) => ({ title, path: join(dirname(PAGE), path) })),
  };
});

/** A title as a test, or a row of its table, begins with it. */
const isTitled = (source: string, title: string) =>
  ["'", '"'].some((quote) => source.replaceAll("\\'", "'").includes(`${quote}${title}${quote},`));

test('what went wrong elsewhere is 46 rules, in order', () => {
  expect(rules.map(({ number }) => number)).toEqual(Array.from({ length: RULES }, (_, index) => index + 1));
});

test('each of these rules has a test, or says that it does not apply', () => {
  expect(rules.filter(({ holds, tests }) => tests.length === 0 && !holds.startsWith('does not apply'))).toEqual([]);
});

test('each test that such a rule names is there, by its title', () => {
  const missing = rules.flatMap(({ number, tests }) =>
    tests
      .filter(({ title, path }) => !isTitled(readFileSync(join(ROOT, path), 'utf8'), title))
      .map(({ title }) => `${number}: ${title}`),
  );
  expect(missing).toEqual([]);
});
