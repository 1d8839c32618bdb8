// Packs one package the way it is published, and runs publint and attw on the tarball. Run from the package's folder.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'eden-cost-pack-'));
try {
  execFileSync('pnpm', ['pack', '--pack-destination', folder], { stdio: 'ignore' });
  const tarball = join(
    folder,
    readdirSync(folder).find((file) => file.endsWith('.tgz')),
  );
  execFileSync('publint', ['run', tarball, '--strict'], { stdio: 'inherit' });
  execFileSync('attw', [tarball, '--no-emoji', '--format', 'ascii'], { stdio: 'inherit' });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
