-- Gives one turn of a quota, or none if it would come too late.
--
-- KEYS[1]  where the state of the category is
-- ARGV[1]  the limit, in requests a second
-- ARGV[2]  the longest wait, in microseconds
-- ARGV[3]  the turn that was throttled, or nothing
--
-- The state is in microseconds of this server's clock, which a double holds exactly until the year 2255:
--   next     when the next turn is due, if none comes early
--   at       when the last decision was made
--   part     what of the limit was left after the last throttle that counted, and
--   lowered  when that was

-- How early a turn may come after a pause: half of what a client alone sends at once, since what leaves
-- in order arrives in disorder.
local BURST = 100000
-- What a throttled request leaves of the rate, and the least of it, as for a client alone.
local DECREASE = 0.5
local FLOOR = 0.01
-- In which time the rate doubles again.
local DOUBLING = 30000000
-- How long no turn comes after a throttle, so that what has gathered at the other end is worked off.
local PAUSE = 200000
-- How long the state is kept after the last turn, in milliseconds: until the rate has grown from its floor.
local KEPT = 300000

local limit = tonumber(ARGV[1])
local longest = tonumber(ARGV[2])
local throttled = tonumber(ARGV[3]) or 0

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local state = redis.call('HMGET', KEYS[1], 'next', 'at', 'part', 'lowered')
local next = tonumber(state[1]) or now
local at = tonumber(state[2]) or now
local part = tonumber(state[3]) or 1
local lowered = tonumber(state[4]) or 0

-- The clock was set back, or another server took over whose clock is behind.
if at > now then
  next = next - (at - now)
  lowered = lowered - (at - now)
end

-- Even a fleet that keeps to its quota arrives in a bunch once in a while: if it was at its limit and not
-- throttled for long, it only pauses. What was under way then says nothing about what comes after.
local grown = math.min(1, part * 2 ^ ((now - lowered) / DOUBLING))
if throttled > lowered then
  local first = grown == 1 and now - lowered > DOUBLING
  part = first and 1 or math.max(grown * DECREASE, FLOOR)
  lowered = now
  grown = part
  next = math.max(next, now) + PAUSE
end

local rate = limit * grown
local turn = math.max(now, next - BURST)
local wait = math.ceil(turn - now)
local given = wait <= longest
if given then
  next = math.max(now, next) + 1000000 / rate
end

local function whole(number)
  return string.format('%.0f', number)
end
redis.call('HSET', KEYS[1], 'next', whole(next), 'at', whole(now),
  'part', string.format('%.17g', part), 'lowered', whole(lowered))
redis.call('PEXPIRE', KEYS[1], whole(math.max(0, next - now) / 1000 + KEPT))

if not given then
  return false
end
return {now, wait, string.format('%.17g', rate)}
