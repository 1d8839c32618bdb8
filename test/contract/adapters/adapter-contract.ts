import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from '../../packed/install.js';
import { describeAttribution } from './attribution-contract.js';
import { describeBudgets } from './budget-contract.js';
import { type Framework, installCell, programOf, SYSTEMS } from './cells.js';
import { describeDenials } from './denial-contract.js';
import { useApp } from './use-app.js';

/**
 * Each cell takes minutes on a slow machine. CI, which runs the versions between from their sources as well, has both ends; the
 * matrix, and whoever asks for packed tests, has all.
 */
const isInThisRun = ([, { between }]: [string, Framework]): boolean =>
  process.env.EDEN_COST_BETWEEN === '1' || !between;

/** What every adapter holds to, with each major of its framework, from the packages as they are published. */
export function adapterContract(cells: Record<string, Framework>): void {
  const root = mkdtempSync(join(realpathSync(tmpdir()), 'eden-cost-contract-'));
  const tarballs = join(root, 'tarballs');
  beforeAll(() => pack(tarballs), 120_000);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  describe.each(Object.entries(cells).filter(isInThisRun))('%s', (title, framework) => {
    const folder = join(root, framework.folder);
    beforeAll(() => installCell(folder, tarballs, title, framework), 120_000);

    describe.each(SYSTEMS)('from %s', (system) => {
      const running = useApp(folder, programOf(title, system));
      const { start, get } = running;

      describeAttribution(running);

      describeDenials(running, framework);

      describeBudgets(running);

      test('leaves fetch as it was when it is closed', async () => {
        await start();
        await get('/ask');
        expect(await running.stop()).toEqual({ isFetchRestored: true });
      });
    });
  });
}
