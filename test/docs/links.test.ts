import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { CreditsExhaustedError } from '@eden-cost/core';
import { ROOT, readPages } from './markdown.js';

const pages = new Map(readPages().map((page) => [page.path, page]));

const isElsewhere = (target: string) => /^[a-z]+:/.test(target);

test('every relative link leads to a file, and its fragment to a heading', () => {
  const broken = [...pages.values()].flatMap(({ path, links }) =>
    links
      .filter(({ target }) => !isElsewhere(target))
      .filter(({ target }) => {
        const [file = '', fragment] = target.split('#');
        const resolved = file === '' ? path : normalize(join(dirname(path), file));
        if (!existsSync(join(ROOT, resolved))) return true;
        return fragment !== undefined && pages.get(resolved)?.anchors.has(fragment) !== true;
      })
      .map(({ at, target }) => `${at} ${target}`),
  );
  expect(broken).toEqual([]);
});

test('every page of docs can be reached from the README', () => {
  const reached = new Set<string>();
  const follow = (path: string): void => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const { target } of pages.get(path)?.links ?? []) {
      const file = target.split('#')[0] as string;
      if (!isElsewhere(target) && file !== '') follow(normalize(join(dirname(path), file)));
    }
  };
  follow('README.md');
  expect([...pages.keys()].filter((path) => path.startsWith('docs') && !reached.has(path))).toEqual([]);
});

test('docs/errors.md has a section for each code, where its help link leads', () => {
  const { help } = new CreditsExhaustedError({ status: 402 });
  expect(help).toMatch(/\/docs\/errors\.md#err-cost-credits-exhausted$/);

  const anchors = pages.get(join('docs', 'errors.md'))?.anchors;
  const anchorOf = (code: string) => code.toLowerCase().replaceAll('_', '-');
  expect(codesInSource().filter((code) => anchors?.has(anchorOf(code)) !== true)).toEqual([]);
});

function codesInSource(): string[] {
  const sources = readdirSync(join(ROOT, 'packages'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => /[\\/]src[\\/].*\.ts$/.test(name) && !/node_modules|\.test\.ts$/.test(name),
  );
  const codes = sources.flatMap(
    (name) => readFileSync(join(ROOT, 'packages', name), 'utf8').match(/\b(?:ERR|WARN)_COST_[A-Z_]*[A-Z]\b/g) ?? [],
  );
  return [...new Set(codes)].sort();
}
