// The tests of @eden-cost/nestjs, with NestJS 11: jest -c test/majors/nest-11/jest.config.mjs
import { withMajor } from '../with-major.mjs';

const roots = ['packages/nestjs', 'test/nestjs', 'examples/nestjs-basic', 'examples/nestjs-tenants'];

export default withMajor(import.meta.dirname, '(@nestjs/[^/]+)', roots);
