import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeWith } from '../docs/markdown.js';

/** Here they find the packages that they import. */
const FOLDER = join(__dirname, '.recipes');

const IMPORTS = /^import [^;]*?from '[^']+';\n/gms;

let count = 0;

/** What the code of a page with these words in it exports, as it stands there. */
export function recipeModule<T>(page: string, words: string): Promise<T> {
  return load(codeWith(page, words));
}

/** The same, as a function of what it leaves open; it returns what the code calls `app`. */
export async function recipe<Open extends object>(
  page: string,
  words: string,
  open: readonly (keyof Open & string)[],
): Promise<(open: Open) => unknown> {
  const code = codeWith(page, words);
  const imports = code.match(IMPORTS) ?? [];
  const body = code.replace(IMPORTS, '');
  const { run } = await load<{ run: (open: Open) => unknown }>(
    `${imports.join('')}export function run({ ${open.join(', ')} }) {\n${body}\nreturn app;\n}\n`,
  );
  return run;
}

async function load<T>(code: string): Promise<T> {
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, `${process.pid}-${count++}.ts`);
  writeFileSync(file, code);
  try {
    return (await import(file)) as T;
  } finally {
    rmSync(file);
  }
}
