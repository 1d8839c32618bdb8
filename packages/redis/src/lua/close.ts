import { script } from '../script.js';
import { HELPERS } from './prelude.js';

/**
 * For reservations that a server which went back to an earlier state takes for open: what they came to is in the balances
 * that it is given back. One that it has lost altogether is put there as finished, over no accounts: another process, which does not
 * know that it is, may reserve it again. ARGV: for each its id, and the amount, rank and time of what stands. Answers nothing.
 */
export const CLOSE = script(`${HELPERS}
if call('GET', KEYS[1]) == ARGV[1] then return {} end
for i = 5, #ARGV, 4 do
  local amount, rank, at = tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3])
  local text = call('MGET', KEYS[1], base .. 'r:' .. ARGV[i])[2]
  if not text then
    call('SET', base .. 'r:' .. ARGV[i], pack('<dddd', 1, rank, at, amount) .. '[0]', 'PX', '86400000')
  elseif unpackNumbers('<d', text) == 0 then
    local body = cjson.decode(sub(text, 33))
    local accounts, list = readAll(body, { KEYS[1] })
    stand(body, accounts, 0, 0, 0)
    for j = 1, #list do write(list[j]) end
    finish(ARGV[i], 1, rank, at, amount, body[1])
  end
end
return {}
`);
