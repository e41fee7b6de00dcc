-- Gives the lease to an owner, unless another one has it; then tells for how many milliseconds.
--
-- KEYS[1]  the lease
-- ARGV[1]  the owner
-- ARGV[2]  its life, in milliseconds

-- A write first, even where it changes nothing: a replica, which may be behind, refuses it.
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  return 0
end
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return 0
end
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  -- Somebody took its end away. Without one, nobody would ever refresh the session again.
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  left = tonumber(ARGV[2])
end
return math.max(left, 1)
