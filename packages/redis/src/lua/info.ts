import { script } from '../script.js';

/** KEYS: one, by which a cluster finds the server. Answers what the server says of its memory and of how it keeps data. */
export const INFO = script(`
return redis.call('INFO', 'memory') .. redis.call('INFO', 'persistence') .. redis.call('INFO', 'replication')
`);
