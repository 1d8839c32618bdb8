import { describeMatrix } from './describe-matrix.js';

describeMatrix('Nest 12 on Fastify');
