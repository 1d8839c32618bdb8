import { script } from '../script.js';
import { HELPERS, STORED } from './prelude.js';

/**
 * For reservations that a server which went back to an earlier state takes for open: what they came to is in the balances
 * that it is given back. One that it has lost altogether is put there as finished, over no accounts: another process, which does not
 * know that it is, may reserve it again. ARGV: for each its id, and the amount, rank and time of what stands. Answers nothing.
 */
export const CLOSE = script(`${HELPERS}${STORED}
if call('GET', KEYS[1]) == ARGV[1] then return {} end
for i = 5, #ARGV, 4 do
  local amount, rank, at = tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3])
  local text = call('MGET', KEYS[1], base .. 'r:' .. ARGV[i])[2]
  if not text then
    local finished = pack('<dddddddxss', 1, rank, at, amount, 0, 0, 0, '', '')
    call('SET', base .. 'r:' .. ARGV[i], finished, 'PX', '86400000')
  elseif unpackAll('<d', text) == 0 then
    local known = parse(text)
    stand(known, 0)
    finish(ARGV[i], known, 1, rank, at, amount)
  end
end
return {}
`);
