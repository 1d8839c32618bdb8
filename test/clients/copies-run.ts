import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Setting } from './program.js';

type Undici = typeof import('undici');

const require = createRequire(import.meta.url);

/** What became of calls over another copy of undici. */
export interface CopyRun {
  /** For each call: whether it was charged to its own scope. */
  readonly charged: readonly boolean[];
  readonly unmetered: readonly { readonly fix: string }[];
}

/** A copy of undici with files of its own; `bundled`: with names by which nobody could tell what they are. */
function copyOf(folder: string, bundled: boolean): Undici {
  cpSync(dirname(require.resolve('undici/package.json')), folder, { recursive: true, dereference: true });
  if (bundled) {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.js')) continue;
      const text = readFileSync(join(folder, name), 'utf8');
      writeFileSync(join(folder, name), text.replaceAll('/dispatcher-base', '/chunk-a1'));
    }
    const base = join(folder, 'lib', 'dispatcher', 'dispatcher-base.js');
    cpSync(base, join(dirname(base), 'chunk-a1.js'));
    rmSync(base);
  }
  return require(folder) as Undici;
}

/** Calls over copies of undici that are loaded before the meter is made, after it, after its first call, and as a bundle. */
export async function copiesRun({ eden, core }: Setting) {
  const root = mkdtempSync(join(realpathSync(tmpdir()), 'eden-cost-'));
  const early = copyOf(join(root, 'early'), false);
  const meter = core.createMeter({ baseUrls: [eden.url] });
  const unmetered: { fix: string }[] = [];
  meter.on('unmetered', (call) => unmetered.push(call));

  const call = (undici: Undici) =>
    meter.run({}, async () => {
      const body = '{"model":"openai/gpt-4o","messages":[]}';
      // its own: the global one belongs to whichever copy was loaded first
      const dispatcher = new undici.Agent();
      const answer = await undici.request(`${eden.baseUrl}/chat/completions`, { method: 'POST', body, dispatcher });
      await answer.body.text();
      return meter.current()?.charges.length === 1;
    });
  const calls = async (undici: Undici, between = () => {}): Promise<CopyRun> => {
    const first = await call(undici);
    between();
    return { charged: [first, await call(undici), await call(undici)], unmetered: unmetered.splice(0) };
  };

  const late = copyOf(join(root, 'late'), false);
  const bundle = copyOf(join(root, 'bundle'), true);
  const runs = {
    early: await calls(early),
    late: await calls(late),
    later: await calls(copyOf(join(root, 'later'), false)),
    bundled: await calls(bundle),
    instrumented: await calls(bundle, () => meter.instrument(bundle)),
  };
  await meter.close();
  rmSync(root, { recursive: true });
  return { ...runs, requests: eden.books().requests };
}
