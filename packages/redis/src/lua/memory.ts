import { script } from '../script.js';

/** KEYS: any key, by which a cluster finds the server. Answers what the server says of its memory. */
export const MEMORY = script(`return redis.call('INFO', 'memory')`);
