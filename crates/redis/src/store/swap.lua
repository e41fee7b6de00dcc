-- Keeps a value if the version that is there is the expected one; else tells what is there, as
-- `present` does.
--
-- KEYS[1]  the value, its version, when it was written, and which write it came with
-- ARGV[1]  the expected version, 0 for none
-- ARGV[2]  the new version
-- ARGV[3]  the new value
-- ARGV[4]  its life, in milliseconds
-- ARGV[5]  a name for this write, its alone
--
-- Versions are compared as texts, so that no number is too great for a double.

local before = redis.call('HMGET', KEYS[1], 'version', 'write')
if (before[1] or '0') == ARGV[1] then
  local time = redis.call('TIME')
  redis.call('HSET', KEYS[1], 'version', ARGV[2], 'value', ARGV[3], 'write', ARGV[5],
    'at', string.format('%.0f', time[1] * 1000000 + time[2]))
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
  return 1
end
-- It was done before, but the answer was lost on its way and the client has asked again.
if before[2] == ARGV[5] then
  return 1
end
return present(KEYS[1])
