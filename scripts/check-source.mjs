// Checks the packages' own code, not its tests, for what imports cannot show: the rules are in source-rules/. Takes
// another root folder as its argument, for its own test.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { parseSync } from 'oxc-parser';
import { root as repository } from './bootstrap.mjs';
import { rules } from './source-rules/index.mjs';
import { Names } from './source-rules/names.mjs';
import { walk } from './source-rules/walk.mjs';

const root = process.argv[2] ?? repository;

const files = sourceFiles();
const findings = files.flatMap(check);
for (const { file, line, rule, code, problem, fix } of findings) {
  console.log(`${file}:${line}  ${rule}\n  \`${code}\` ${problem}. ${fix}`);
}
console.log(
  `Source rules: ${files.length} file${files.length === 1 ? '' : 's'}, ${findings.length || 'nothing'} found`,
);
process.exitCode = findings.length === 0 ? 0 : 1;

function sourceFiles() {
  return readdirSync(join(root, 'packages')).flatMap((name) => {
    const folder = join(root, 'packages', name, 'src');
    const files = existsSync(folder) ? readdirSync(folder, { recursive: true }) : [];
    const sources = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
    return sources.map((file) => relative(root, join(folder, file)).split(sep).join('/')).sort();
  });
}

function check(file) {
  const text = readFileSync(join(root, file), 'utf8');
  const { program, comments, errors } = parseSync(file, text);
  if (errors.length > 0) {
    return [
      { file, line: 1, rule: 'readable', code: file, problem: `cannot be parsed: ${errors[0].message}`, fix: '' },
    ];
  }
  const names = new Names(program);
  const applicable = rules.filter(({ except }) => !except?.test(file));
  const found = [];
  const look = (node) => {
    for (const { name, fix, find } of applicable) {
      const problem = find(node, names);
      if (problem === undefined) continue;
      const line = text.slice(0, node.start).split('\n').length;
      if (found.some((other) => other.rule === name && other.line === line)) continue;
      found.push({ file, line, rule: name, code: firstLine(text.slice(node.start, node.end)), problem, fix });
    }
  };
  walk(program, look);
  comments.forEach(look);
  return found.sort((a, b) => a.line - b.line);
}

function firstLine(code) {
  const line = code.split('\n', 1)[0].trim();
  return line.length > 80 ? `${line.slice(0, 77)}...` : line;
}
