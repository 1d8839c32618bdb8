import { join } from 'node:path';

/** What Node needs to run our sources as they are, outside of Jest. */
export const typescript = ['--import', join(__dirname, 'register-typescript.mjs'), '--conditions=@eden-cost/source'];
