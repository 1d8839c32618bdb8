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
 * A reservation: state (0 open, 1 settled, 2 expired, 3 released), rank, time and amount of what stands, how many holds it has, ttl,
 * lowest threshold of any, then amount and limit of each hold (packed); then texts, each followed by a zero: the terms in JSON, which
 * are when the accounts end (0: never) and the thresholds of each hold (0: as for the hold before); what was exceeded, in JSON, if
 * anything was; and the key of each hold's account. Hardly any script reads the JSON, as that would be most of its work.
 *
 * ARGV: the epoch that the process knows, the time in milliseconds ('' for the server's own), the process, how many changes
 * it has made as far as it was told, then the script's own.
 */
export const HELPERS = `
local call, pack, unpackAll, sub, rep = redis.call, struct.pack, struct.unpack, string.sub, string.rep
local base = sub(KEYS[1], 1, -2)
local EXPIRING, CHANGES = base .. 'x', base .. 'w:' .. ARGV[3]
local now = ARGV[2]
if now == '' then
  local time = call('TIME')
  now = time[1] .. sub('00000' .. time[2], -6, -4)
end

-- MGET has nothing for a key of another type, and SET would overwrite that.
local function read(text, key, ends)
  if text then
    local s, r, t = unpackAll('<ddd', text)
    return { s = s, r = r, t = t, asked = 0, key = key, ends = ends, text = text }
  end
  local kind = call('TYPE', key).ok
  if kind ~= 'none' then error(key .. ' is not an account of the ledger, but a ' .. kind, 0) end
  return { s = 0, r = 0, t = 0, asked = 0, key = key, ends = ends }
end

-- An account for each of the keys, of which one may stand there twice, from what was found after so many others. It takes their places.
local function readAll(found, before, keys, terms)
  local ends
  for i = 1, #keys do
    local key, account = keys[i], nil
    for j = 1, i - 1 do
      if keys[j].key == key then account = keys[j] end
    end
    if not account then
      local text = found[before + i]
      if not text then ends = ends or cjson.decode(terms)[1] end
      account = read(text, key, ends and ends[i])
    end
    keys[i] = account
  end
  return keys
end

-- Answers whether it is stored: not where it ended more than 35 days ago.
local function write(account)
  local numbers = pack('<ddd', account.s, account.r, account.t)
  if account.text then
    call('SETRANGE', account.key, '0', numbers)
  elseif account.ends == 0 then
    call('SET', account.key, numbers)
  else
    local left = account.ends + 3024000000 - now
    if left <= 0 then return false end
    call('SET', account.key, numbers, 'PX', left)
  end
  return true
end
`;

/** Works with a reservation that is stored. */
export const STORED = `
local function parse(text)
  local state, rank, at, amount, n, ttl, lowest = unpackAll('<ddddddd', text)
  local values = { unpackAll('<' .. rep('d', 2 * n) .. 'x' .. rep('s', n + 2), text, 57) }
  local terms, exceeded, accounts = values[2 * n + 1], values[2 * n + 2], {}
  if n > 0 then
    local keys = { unpack(values, 2 * n + 3, 3 * n + 2) }
    accounts = readAll(call('MGET', KEYS[1], unpack(keys)), 1, keys, terms)
  end
  return {
    state = state, rank = rank, at = at, amount = amount, ttl = ttl, lowest = lowest, n = n,
    values = values, accounts = accounts, terms = terms, exceeded = exceeded,
  }
end

-- Makes an amount stand on every account; without one, what each hold held. Returns what that adds to each overrun, or
-- nothing where it adds nothing to any.
local function stand(known, amount)
  local state, stood, overruns, isOver = known.state, known.amount, {}, false
  for i = 1, known.n do
    local account, held = known.accounts[i], known.values[2 * i - 1]
    local limit = known.values[2 * i] + account.t
    local before = account.s - limit
    -- not below 0: an account that the server had no memory for has lost what was reserved on it
    if state == 0 then account.r = account.r > held and account.r - held or 0 end
    if state == 2 then stood = held end
    account.s = account.s + (amount or held) - stood
    local after = account.s - limit
    if after > 0 or before > 0 then
      overruns[i], isOver = (after > 0 and after or 0) - (before > 0 and before or 0), true
    else
      overruns[i] = 0
    end
  end
  for i = 1, known.n do known.accounts[i].stored = write(known.accounts[i]) end
  return isOver and overruns or {}
end

local function finish(id, known, state, rank, at, amount)
  local key = base .. 'r:' .. id
  call('SETRANGE', key, '0', pack('<dddd', state, rank, at, amount))
  call('PEXPIRE', key, known.ttl > 86400000 and known.ttl or '86400000')
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

-- Settles what has expired, a few at a time, so that no call pays for a whole crowd that died.
local expired = redis.pcall('ZCOUNT', EXPIRING, '-inf', now)
if type(expired) == 'table' then return string.find(expired.err, 'WRONGTYPE') and notOurs(EXPIRING) or expired end
if expired > 0 then
  local found = call('MGET', KEYS[1], CHANGES)
  local isLost = lost(found[1], found[2])
  if isLost then return isLost end
${STORED}
  local function expire(id, at)
    local text = call('MGET', KEYS[1], base .. 'r:' .. id)[2]
    if not text then return call('ZREM', EXPIRING, id) end
    local known = parse(text)
    stand(known)
    finish(id, known, 2, 0, tonumber(at), 0)
  end
  local due = call('ZRANGEBYSCORE', EXPIRING, '-inf', now, 'WITHSCORES', 'LIMIT', '0', '20')
  for i = 1, #due, 2 do
    -- What cannot be read is left for a minute, or no question would be answered.
    if not pcall(expire, due[i], due[i + 1]) then call('ZADD', EXPIRING, now + 60000, due[i]) end
  end
end
`;
