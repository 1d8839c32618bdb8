// Plain CommonJS, which ES modules and CommonJS both load as it stands: only so does one source know where its file is.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const beside = join(__dirname, 'worker', 'worker.js');
/** Beside the sources there is none: a thread runs what was built. */
exports.workerPath = existsSync(beside) ? beside : join(__dirname, '..', 'dist', 'cjs', 'worker', 'worker.js');
