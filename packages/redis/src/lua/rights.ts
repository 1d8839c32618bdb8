import { script } from '../script.js';

/**
 * Does once all that the other scripts do, on keys of its own, as a user may have the right to most of it: what is refused in the
 * middle of a script leaves the half before it. KEYS: the epoch. Answers the commands that are refused.
 */
export const RIGHTS = script(`
local base = string.sub(KEYS[1], 1, -2) .. 't:'
local text, count, hash, set, sorted = base .. 't', base .. 'i', base .. 'h', base .. 's', base .. 'z'
local all = {
  { 'TIME' }, { 'SET', text, 'x' }, { 'GET', text }, { 'MGET', text }, { 'SETRANGE', text, '0', 'x' }, { 'APPEND', text, 'x' }, { 'TYPE', text },
  { 'INCR', count }, { 'HSETNX', hash, 'x', 'x' }, { 'HSET', hash, 'x', 'x' }, { 'HGET', hash, 'x' }, { 'HMGET', hash, 'x' },
  { 'HVALS', hash }, { 'SADD', set, 'x' }, { 'SMEMBERS', set }, { 'ZADD', sorted, '1', 'x' }, { 'ZCARD', sorted }, { 'ZCOUNT', sorted, '0', '1' },
  { 'ZRANGEBYSCORE', sorted, '0', '1' }, { 'ZREM', sorted, 'x' }, { 'ZREMRANGEBYSCORE', sorted, '0', '1' },
  { 'PEXPIRE', text, '1' }, { 'DEL', text, count, hash, set },
}
local refused = {}
for _, command in ipairs(all) do
  local answer = redis.pcall(unpack(command))
  local problem = type(answer) == 'table' and answer.err
  if problem and not (string.find(problem, 'NOPERM') or string.find(problem, 'ACL failure') or string.find(problem, 'user executing')) then
    return answer
  end
  if problem then refused[#refused + 1] = command[1] end
end
return refused
`);
