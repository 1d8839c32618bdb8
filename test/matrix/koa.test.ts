import { describeMatrix } from './describe-matrix.js';

describeMatrix('Koa 3');
