import { script } from '../script.js';
import { HELPERS } from './prelude.js';

/**
 * For reservations that a server which went back to an earlier state takes for open: what they came to is in the balances
 * that it is given back. ARGV: for each its id, and the amount, rank and time of what stands. Answers nothing.
 */
export const CLOSE = script(`${HELPERS}
for i = 5, #ARGV, 4 do
  local text = call('GET', base .. 'r:' .. ARGV[i])
  if text and unpackNumbers('<d', text) == 0 then
    local body = cjson.decode(sub(text, 33))
    local accounts, list = readAll(body, {})
    stand(body, accounts, 0, 0, 0)
    for j = 1, #list do write(list[j]) end
    finish(ARGV[i], 1, tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]), tonumber(ARGV[i + 1]), body[1])
  end
end
return {}
`);
