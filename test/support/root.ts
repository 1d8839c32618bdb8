import { dirname } from 'node:path';

/** The repository's folder. */
export const ROOT: string = dirname(dirname(__dirname));
