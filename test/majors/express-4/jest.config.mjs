// The tests of @eden-cost/express, with Express 4: jest -c test/majors/express-4/jest.config.mjs
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withMajor } from '../with-major.mjs';

const acceptance = join(import.meta.dirname, '../../acceptance');
const inExpress = readdirSync(acceptance).filter((file) =>
  readFileSync(join(acceptance, file), 'utf8').includes("from 'express'"),
);

export default withMajor(import.meta.dirname, {
  names: '(express)',
  roots: [
    'packages/express',
    'test/acceptance',
    'test/attribution/express',
    'examples/express-basic',
    'examples/express-streaming',
  ],
  newest: 'express-5',
  testMatch: [
    '**/{packages,examples,attribution}/**/*.test.ts',
    ...inExpress.map((file) => `**/test/acceptance/${file}`),
  ],
  // Express 4 hands no rejection of an async handler to next()
  setupFiles: [join(import.meta.dirname, 'node_modules/express-async-errors')],
});
