// npm test: installs and builds what is missing, runs the tests, and ends with the plain line "N passed, M failed".
// What follows `npm test --` goes to jest. Two kinds of tests run in CI, and when they are asked for:
// - those that install from npm's registry, with EDEN_COST_PACKED=1 or npm test -- test/packed; the latter, and the matrix, have
//   also the versions between the oldest and the newest (EDEN_COST_BETWEEN=1)
// - those with the earlier majors of the frameworks, with EDEN_COST_MAJORS=1 or npm test -- test/majors/koa-2
import { bootstrap } from './bootstrap.mjs';
import { jestFor } from './jest-for.mjs';
import { closingLine, IN_CI, runJest } from './run-jest.mjs';

await bootstrap();
const { code, counts } = await runJest(jestFor(process.argv.slice(2), { all: IN_CI }));
if (counts) {
  if (code !== 0 && counts.failed === 0) console.error(`jest failed with exit code ${code}, though no test did`);
  console.log(closingLine(counts));
}
process.exitCode = code;
