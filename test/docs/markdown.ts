import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export const ROOT = join(__dirname, '../..');

/** A fenced block of code. */
export interface CodeBlock {
  /** `README.md:42`, where its fence opens. */
  readonly at: string;
  readonly language: string;
  /** Further words of the fence: `run`. */
  readonly flags: readonly string[];
  readonly code: string;
  /** `<!-- try: POST /ask {"question":"Why?"} -> 200 -->` below the block: what to send to its app. */
  readonly tries: readonly Try[];
}

export interface Try {
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
  readonly status: number;
}

export interface Page {
  /** From the root of the repository. */
  readonly path: string;
  readonly blocks: readonly CodeBlock[];
  /** As GitHub makes them of the headings. */
  readonly anchors: ReadonlySet<string>;
  readonly links: readonly { readonly at: string; readonly target: string }[];
}

/** All pages that a reader of the repository meets. */
export function readPages(): Page[] {
  const nested = (folder: string) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md') && !/(^|[\\/])(node_modules|dist)[\\/]/.test(name))
      .map((name) => join(folder, name));
  const top = readdirSync(ROOT).filter((name) => name.endsWith('.md'));
  return [...top, ...nested('docs'), ...nested('examples'), ...nested('packages')].map((path) => readPage(path));
}

/** One page, by its path from the root of the repository. */
export function readPage(path: string): Page {
  const blocks: CodeBlock[] = [];
  const links: { at: string; target: string }[] = [];
  const headings: string[] = [];
  const lines = readFileSync(join(ROOT, path), 'utf8').split('\n');
  const name = relative(ROOT, join(ROOT, path));
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] as string;
    const at = `${name}:${index + 1}`;
    const fence = /^(`{3,})(.*)$/.exec(line);
    if (fence) {
      const end = lines.indexOf(fence[1] as string, index + 1);
      const [language = '', ...flags] = (fence[2] as string).trim().split(/\s+/);
      blocks.push({ at, language, flags, code: lines.slice(index + 1, end).join('\n'), tries: triesAfter(lines, end) });
      index = end;
      continue;
    }
    const heading = /^#{1,6} (.*)$/.exec(line)?.[1];
    if (heading !== undefined) headings.push(heading);
    for (const [, target] of line.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)) {
      links.push({ at, target: target as string });
    }
  }
  return { path: name, blocks, anchors: anchorsOf(headings), links };
}

/** The one block of TypeScript of a page that has these words in it, as it stands there. */
export function codeWith(path: string, words: string): string {
  const blocks = readPage(path).blocks.filter(({ language, code }) => language === 'ts' && code.includes(words));
  const [block, ...more] = blocks;
  if (block === undefined || more.length > 0) throw new Error(`Not one block of ${path} has ${words}`);
  return block.code;
}

function triesAfter(lines: readonly string[], end: number): Try[] {
  const tries: Try[] = [];
  for (const line of lines.slice(end + 1)) {
    const [, method, path, body, status] = /^<!-- try: (\w+) (\S+)(?: (.*))? -> (\d{3}) -->$/.exec(line) ?? [];
    if (method === undefined || path === undefined) break;
    tries.push({ method, path, body, status: Number(status) });
  }
  return tries;
}

/** GitHub: lower case, punctuation away, spaces to hyphens, and a number for a repeated one. */
function anchorsOf(headings: readonly string[]): Set<string> {
  const anchors = new Set<string>();
  for (const heading of headings) {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}
