import { join } from 'node:path';

/** What Node needs to run our sources as they are, outside of Jest. `DEP0205`: Node 26 deprecates `module.register()`. */
export const typescript = [
  '--disable-warning=DEP0205',
  '--import',
  join(__dirname, 'register-typescript.mjs'),
  '--conditions=@eden-cost/source',
];
