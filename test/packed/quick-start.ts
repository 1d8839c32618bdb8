import { type CodeBlock, readPage, type Try } from '../docs/markdown.js';

export interface QuickStart {
  /** What it says to install, in the words of `npm install`. */
  readonly packages: readonly string[];
  readonly code: string;
  /** What is sent to its app. */
  readonly attempt: Try;
}

/** What the README's quick start for a framework consists of: a command that installs, and the code. */
export function quickStart(name: 'express' | 'koa' | 'nestjs'): QuickStart {
  const { blocks } = readPage('README.md');
  const uses = ({ code, flags }: CodeBlock) => flags.includes('run') && code.includes(`from '@eden-cost/${name}'`);
  const at = blocks.findIndex(uses);
  const [, packages] = /^npm install (.+)$/.exec(blocks[at - 1]?.code ?? '') ?? [];
  const [attempt] = blocks[at]?.tries ?? [];
  if (!packages || !attempt) throw new Error(`The quick start of ${name} has no "npm install" before it, or no try`);
  return { packages: packages.split(' '), code: `${blocks[at]?.code}\n`, attempt };
}

const BINDINGS = /^import (?:\{([^}]+)\}|(\w+)) from ('[^']+');$/gm;

/** The same program, as the author of an app in CommonJS writes it. */
export const inCommonJs = (code: string): string =>
  code.replace(BINDINGS, (_, names: string | undefined, whole: string, module: string) =>
    names === undefined ? `const ${whole} = require(${module});` : `const {${names}} = require(${module});`,
  );
