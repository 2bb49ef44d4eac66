-- KEYS as of reserve. ARGV: ..., id, tokens, seconds to remember that it is settled.
local id, tokens = ARGV[4], tonumber(ARGV[5])
if not redis.call('SET', KEYS[1], 1, 'NX', 'EX', ARGV[6]) then return 0 end
for number = 1, (#KEYS - 1) / 3 do
  local minute_key, day_key = KEYS[3 * number - 1], KEYS[3 * number]
  redis.call('HDEL', KEYS[3 * number + 1], id)
  if tokens > 0 then
    redis.call('HINCRBY', minute_key, string.format('%d', math.floor(now)), tokens)
    redis.call('EXPIRE', minute_key, 3 * minute)
    redis.call('INCRBY', day_key, tokens)
    redis.call('EXPIRE', day_key, 2 * 86400)
  end
end
return 1
