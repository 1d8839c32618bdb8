import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseFileSync } from '@swc/core';
import { ROOT } from '../support/root.js';

const kindOf = (value: unknown) =>
  typeof value !== 'function' ? typeof value : /^class\b/.test(String(value)) ? 'class' : 'function';

/** The names that a package's index.ts exports, also those of types, which leave no trace at run time. */
function exportedNames(file: string): string[] {
  const { body } = parseFileSync(file, { syntax: 'typescript', target: 'es2022' });
  return body.flatMap((item) => {
    if (item.type === 'ImportDeclaration') return [];
    if (item.type !== 'ExportNamedDeclaration')
      throw new Error(`${file} exports other than by a list of names: ${item.type}`);
    return item.specifiers.map((specifier) => {
      if (specifier.type !== 'ExportSpecifier') throw new Error(`${file}: ${specifier.type}`);
      return (specifier.exported ?? specifier.orig).value;
    });
  });
}

test.each(readdirSync(join(ROOT, 'packages')))(
  '@eden-cost/%s exports these names only (after a wanted change: npm test -- -u)',
  async (name) => {
    const index = join(ROOT, 'packages', name, 'src/index.ts');
    const values: Record<string, unknown> = await import(index);
    const names = exportedNames(index);
    expect(Object.keys(values).filter((exported) => !names.includes(exported))).toEqual([]);
    expect(
      names.map((exported) => `${exported in values ? kindOf(values[exported]) : 'type'} ${exported}`).sort(),
    ).toMatchSnapshot();
  },
);
