-- KEYS: minute, day, open of one account. Returns tokens of the minute and of the day, tokens held, how many
-- reservations hold them, and the oldest second of the minute or -1.
local seconds, sum, day, held, running = read(KEYS[1], KEYS[2], KEYS[3])
return { sum, day, held, running, seconds[1] and seconds[1][1] or -1 }
