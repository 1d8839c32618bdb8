import { describeMatrix } from './describe-matrix.js';

describeMatrix('Express 5');
