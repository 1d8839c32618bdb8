// The tests of @eden-cost/koa, with Koa 2: jest -c test/majors/koa-2/jest.config.mjs
import { withMajor } from '../with-major.mjs';

export default withMajor(import.meta.dirname, {
  names: '(koa|@koa/router)',
  roots: ['packages/koa', 'test/koa', 'test/attribution/koa', 'examples/koa-basic'],
});
