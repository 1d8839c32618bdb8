// Builds one package twice with plain tsc: dist/esm and dist/cjs. A .cjs file in src goes into both as it stands. Run from
// the package's folder.
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');

const compile = (project) =>
  new Promise((resolve) => {
    spawn(process.execPath, [tsc, '-p', project], { stdio: 'inherit' }).on('exit', (code) => resolve(code ?? 1));
  });

rmSync('dist', { recursive: true, force: true });
const codes = await Promise.all([compile('tsconfig.esm.json'), compile('tsconfig.cjs.json')]);
if (codes.some(Boolean)) process.exit(1);
writeFileSync('dist/cjs/package.json', '{"type":"commonjs"}\n');
writeFileSync('dist/esm/package.json', '{"type":"module"}\n');
for (const file of readdirSync('src').filter((name) => name.endsWith('.cjs'))) {
  for (const build of ['cjs', 'esm']) copyFileSync(`src/${file}`, `dist/${build}/${file}`);
}
for (const bin of Object.values(JSON.parse(readFileSync('package.json', 'utf8')).bin ?? {})) {
  if (existsSync(bin)) chmodSync(bin, 0o755);
}
