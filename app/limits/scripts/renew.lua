-- KEYS as of reserve. ARGV: ..., id, tokens.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
for number = 1, (#KEYS - 1) / 3 do hold(KEYS[3 * number + 1], ARGV[4], ARGV[5]) end
return 1
