// npm test: installs and builds what is missing, runs the tests, and ends with the plain line "N passed, M failed".
// What follows `npm test --` goes to jest. The tests in test/packed, which install from npm's registry, run in CI, with
// EDEN_COST_PACKED=1, and when they are asked for: npm test -- test/packed
import { bootstrap } from './bootstrap.mjs';
import { closingLine, runJest } from './run-jest.mjs';

const args = process.argv.slice(2);

await bootstrap();
const { code, counts } = await runJest({
  args,
  env: args.some((arg) => arg.includes('packed')) ? { EDEN_COST_PACKED: '1' } : {},
});
if (counts) {
  if (code !== 0 && counts.failed === 0) console.error(`jest failed with exit code ${code}, though no test did`);
  console.log(closingLine(counts));
}
process.exitCode = code;
