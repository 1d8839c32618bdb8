import { createHash } from 'node:crypto';

/** One Lua script, and the name that a server that has seen it knows it by. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
}

export const script = (lua: string): Script => ({ lua, sha: createHash('sha1').update(lua).digest('hex') });
