import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeWith } from '../docs/markdown.js';
import { turnsUntil } from '../support/turns.js';
import { typescript } from '../support/typescript.js';

/** Here they find the packages that they import. */
const FOLDER = join(__dirname, '.recipes');

const LISTEN = 'app.listen(3000);\n';

export interface RecipeProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** What it wrote, line by line. */
  lines(): Record<string, never>[];
  /** Its exit code, and what else it wrote. */
  ended(): Promise<{ code: number | null; stderr: string }>;
}

/** Runs apps with recipes of the docs, in processes of their own, for one test file. */
export function useRecipes() {
  const children: ChildProcess[] = [];
  beforeAll(() => mkdirSync(FOLDER, { recursive: true }));
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  return async (words: string, edenUrl: string): Promise<RecipeProcess> => {
    const code = codeWith('docs/operations.md', words);
    const file = join(FOLDER, `${words.replace(/\W+/g, '-')}-${process.pid}.ts`);
    writeFileSync(file, code.includes(LISTEN) ? code : `${code}\n${LISTEN}`);
    const args = [...typescript, join(__dirname, 'recipe-process.ts'), edenUrl, file];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    const closed = once(child, 'close');
    const lines = () =>
      stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line));
    const port = () => lines().find((line) => 'port' in line)?.port;
    await turnsUntil(() => port() !== undefined || child.exitCode !== null);
    rmSync(file);
    if (port() === undefined) throw new Error(stderr);
    return {
      url: `http://127.0.0.1:${port()}`,
      child,
      lines,
      ended: async () => ({ code: (await closed)[0], stderr }),
    };
  };
}
