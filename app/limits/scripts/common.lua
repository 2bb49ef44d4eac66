-- Put before each of the other scripts.
-- ARGV: now, seconds of the minute, seconds of a lease.
-- Keys of an account, as in app/limits/memory.py: a hash of tokens by second, the day's tokens, and a hash of
-- "lease tokens" by reservation.
local now, minute, lease = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

local function pairs_of(key)
  local flat, found = redis.call('HGETALL', key), {}
  for index = 1, #flat, 2 do found[flat[index]] = flat[index + 1] end
  return found
end

-- Drops what is over, and what is too far in the future because the clock was set back.
-- Returns tokens by second, their sum, the day's tokens, tokens held, and how many reservations hold them.
local function read(minute_key, day_key, open_key)
  local seconds, sum, held, running = {}, 0, 0, 0
  for at, tokens in pairs(pairs_of(minute_key)) do
    local second = tonumber(at)
    if second > now - minute and second <= now + minute then
      seconds[#seconds + 1] = { second, tonumber(tokens) }
      sum = sum + tonumber(tokens)
    else
      redis.call('HDEL', minute_key, at)
    end
  end
  for id, value in pairs(pairs_of(open_key)) do
    local ends, tokens = string.match(value, '^(%S+) (%d+)$')
    if tonumber(ends) > now and tonumber(ends) <= now + 2 * lease then
      held, running = held + tonumber(tokens), running + 1
    else
      redis.call('HDEL', open_key, id)
    end
  end
  table.sort(seconds, function(a, b) return a[1] < b[1] end)
  return seconds, sum, tonumber(redis.call('GET', day_key) or 0), held, running
end

local function hold(open_key, id, tokens)
  redis.call('HSET', open_key, id, string.format('%.3f %d', now + lease, tokens))
  redis.call('EXPIRE', open_key, 10 * lease)
end
