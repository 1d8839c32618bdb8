// The tests of @eden-cost/nestjs, with NestJS 10: jest -c test/majors/nest-10/jest.config.mjs
import { withMajor } from '../with-major.mjs';

export default withMajor(import.meta.dirname, {
  names: '(@nestjs/[^/]+)',
  roots: ['packages/nestjs', 'test/nestjs', 'test/logs/nestjs', 'examples/nestjs-basic', 'examples/nestjs-tenants'],
  newest: 'nest-12',
});
