-- KEYS: settled mark, then minute, day and open of each account.
-- ARGV: ..., id, tokens, then concurrent, tokens per minute and per day of each account; -1: not limited.
-- Returns nothing, or the number of the account, the number of the limit, and seconds; -1: when an answer ends.
local id, tokens = ARGV[4], ARGV[5]
if redis.call('EXISTS', KEYS[1]) == 1 then return {} end

local function room_in(seconds, excess)
  for _, entry in ipairs(seconds) do
    excess = excess - entry[2]
    if excess < 0 then return math.max(1, math.ceil(entry[1] + minute - now)) end
  end
  return -1
end

for number = 1, (#KEYS - 1) / 3 do
  local seconds, sum, day, held, running = read(KEYS[3 * number - 1], KEYS[3 * number], KEYS[3 * number + 1])
  local most, per_minute, per_day = tonumber(ARGV[3 * number + 3]), tonumber(ARGV[3 * number + 4]), tonumber(ARGV[3 * number + 5])
  if most >= 0 and running >= most then return { number, 1, -1 } end
  if per_minute >= 0 and sum + held >= per_minute then
    return { number, 2, room_in(seconds, sum + held - per_minute) }
  end
  if per_day >= 0 and day + held >= per_day then
    return { number, 3, day >= per_day and math.ceil(86400 - now % 86400) or -1 }
  end
end
for number = 1, (#KEYS - 1) / 3 do hold(KEYS[3 * number + 1], id, tokens) end
return {}
