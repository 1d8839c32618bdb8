/**
 * What scripts work with, and the layout of what is stored. All keys share a hash tag, and begin as `KEYS[1]` does:
 * `e` the epoch · `x` ids of open reservations, by their expiry · `r:<id>` a reservation · `a:<key>` an account ·
 * `n:<key>` the notes of its top-ups · `p` live processes · `w:<process>` how many changes a process has made · `b` what was given back of
 * accounts since a loss. Money and times are whole numbers, which Lua's doubles hold exactly up to 2^53; as text they would lose digits,
 * so they are packed as doubles.
 *
 * While a cluster moves the slot, keys are on two servers. A command on one key takes one that is on the other server for one that
 * does not exist; a command on several is refused. So whatever is read is read together with another key.
 *
 * An account: settled, reserved, topped up (packed), then each threshold that was reported, followed by a space.
 * A reservation: state (0 open, 1 settled, 2 expired, 3 released), rank, time and amount of what stands (packed), then its
 * body in JSON, one flat array: ttl, then for each hold `key, end, amount, limit, 1 if enforced, thresholds` (end 0: none;
 * thresholds 0: as for the hold before), then what was exceeded, if anything.
 *
 * ARGV: the epoch that the process knows, the time in milliseconds ('' for the server's own), the process, how many changes
 * it has made as far as it was told, then the script's own.
 */
export const HELPERS = `
local call, pack, unpackNumbers, sub = redis.call, struct.pack, struct.unpack, string.sub
local base = sub(KEYS[1], 1, -2)
local EXPIRING, CHANGES = base .. 'x', base .. 'w:' .. ARGV[3]
local now = ARGV[2]
if now == '' then
  local time = call('TIME')
  now = time[1] .. sub('00000' .. time[2], -6, -4)
end

local mustBeFree

local function read(text, key, ends)
  if not text and mustBeFree then mustBeFree(key) end
  if not text then return { s = 0, r = 0, t = 0, asked = 0, key = key, ends = ends } end
  local s, r, t = unpackNumbers('<ddd', text)
  return { s = s, r = r, t = t, asked = 0, key = key, ends = ends, text = text }
end

-- The accounts of a body, by key and as a list, and what was stored under the keys given, at least one, and theirs.
local function readAll(body, keys)
  local before, accounts, list = #keys, {}, {}
  for i = 2, #body - 5, 6 do
    if not accounts[body[i]] then
      accounts[body[i]] = true
      keys[#keys + 1] = body[i]
    end
  end
  local stored = call('MGET', unpack(keys))
  for i = 2, #body - 5, 6 do
    if accounts[body[i]] == true then
      local place = before + #list + 1
      local account = read(stored[place], keys[place], body[i + 1])
      accounts[body[i]], list[#list + 1] = account, account
    end
  end
  return accounts, list, stored
end

local function write(account)
  local numbers = pack('<ddd', account.s, account.r, account.t)
  if account.text then
    call('SETRANGE', account.key, '0', numbers)
  elseif account.ends == 0 then
    call('SET', account.key, numbers)
  else
    local left = account.ends + 3024000000 - now
    if left > 0 then call('SET', account.key, numbers, 'PX', left) end
  end
end

-- Makes an amount stand on every account; without one, what each hold held. Returns what that adds to each overrun.
local function stand(body, accounts, state, stood, amount)
  local overruns = {}
  for i = 2, #body - 5, 6 do
    local account, held = accounts[body[i]], body[i + 2]
    local limit = body[i + 3] + account.t
    local before = account.s - limit
    if state == 0 then account.r = account.r - held end
    if state == 2 then stood = held end
    account.s = account.s + (amount or held) - stood
    local after = account.s - limit
    overruns[#overruns + 1] = (after > 0 and after or 0) - (before > 0 and before or 0)
  end
  return overruns
end

local function finish(id, state, rank, at, amount, ttl)
  local key = base .. 'r:' .. id
  call('SETRANGE', key, '0', pack('<dddd', state, rank, at, amount))
  call('PEXPIRE', key, ttl > 86400000 and ttl or '86400000')
  call('ZREM', EXPIRING, id)
end
`;

/**
 * What a question begins with. A server that knows of fewer changes than it has told this process of has gone back to an
 * earlier state, so it forgets the epoch: what any process remembers counts more.
 *
 * The last number of each answer is that of the change among those of the process, 0 for none. Instead it may be -1 alone, for
 * another epoch, or -2, for an earlier state.
 */
export const PRELUDE = `${HELPERS}
-- MGET has nothing for a key of another type, and SET would overwrite that.
function mustBeFree(key)
  local kind = call('TYPE', key).ok
  if kind ~= 'none' then error(key .. ' is not an account of the ledger, but a ' .. kind, 0) end
end

local function notOurs(key)
  return { err = 'NOTOURS what stands at ' .. key .. ', a key of the ledger, is not its own' }
end

local function lost(epoch, changes)
  if epoch ~= ARGV[1] then return { -1 } end
  local count = tonumber(changes or 0)
  if not count or (not changes and call('TYPE', CHANGES).ok ~= 'none') then return notOurs(CHANGES) end
  if count >= tonumber(ARGV[4]) then return nil end
  call('DEL', KEYS[1], base .. 'b')
  return { -2 }
end

local function changed(answer)
  local changes = call('INCR', CHANGES)
  if changes == 1 then call('PEXPIRE', CHANGES, '604800000') end
  answer[#answer + 1] = changes
  return answer
end

local function unchanged(answer)
  answer[#answer + 1] = 0
  return answer
end

local function expire(id, at)
  local text = call('MGET', KEYS[1], base .. 'r:' .. id)[2]
  if not text then return call('ZREM', EXPIRING, id) end
  local body = cjson.decode(sub(text, 33))
  local accounts, list = readAll(body, { KEYS[1] })
  stand(body, accounts, 0, 0)
  for i = 1, #list do write(list[i]) end
  finish(id, 2, 0, tonumber(at), 0, body[1])
end

-- Settles what has expired, a few at a time, so that no call pays for a whole crowd that died.
local due = redis.pcall('ZRANGEBYSCORE', EXPIRING, '-inf', now, 'WITHSCORES', 'LIMIT', '0', '20')
if due.err then return string.find(due.err, 'WRONGTYPE') and notOurs(EXPIRING) or due end
if #due > 0 then
  local known = call('MGET', KEYS[1], CHANGES)
  local isLost = lost(known[1], known[2])
  if isLost then return isLost end
end
for i = 1, #due, 2 do
  -- What cannot be read is left for a minute, or no question would be answered.
  if not pcall(expire, due[i], due[i + 1]) then call('ZADD', EXPIRING, now + 60000, due[i]) end
end
`;
