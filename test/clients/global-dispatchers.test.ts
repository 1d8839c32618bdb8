import { join } from 'node:path';
import { HAS_NEWEST } from './covered/covered-client.js';
import type { DispatcherRun } from './covered/dispatchers-process.js';
import { useResult } from './use-result.js';

const COPIES = Object.entries({
  'undici 6': 'undici6',
  'undici 7': 'undici',
  ...(HAS_NEWEST && { 'undici 8': 'undici8' }),
});

describe.each(COPIES)('a global dispatcher of %s', (_name, specifier) => {
  const runs = useResult<Record<string, DispatcherRun>>(
    join(__dirname, 'covered', 'dispatchers-process.ts'),
    specifier,
  );

  it('makes each call come to what it comes to without a meter, and those that are answered are charged once', () => {
    const all = Object.entries(runs.result);
    expect(all).toHaveLength(6);
    for (const [call, { bare, metered, charges }] of all) {
      expect({ call, metered, charges }).toEqual({ call, metered: bare, charges: bare === 'answered' ? 1 : 0 });
    }
    expect(all.filter(([call, { bare }]) => call.startsWith("undici's") && bare === 'answered')).toHaveLength(4);
  });
});
