-- What is there: its version, its value, and for how many microseconds it has been there.
--
-- The time is this server's. If another one wrote the value, whose clock was ahead, it counts as just
-- written.
local function present(key)
  local fields = redis.call('HMGET', key, 'version', 'value', 'at')
  local at = tonumber(fields[3])
  if at then
    local time = redis.call('TIME')
    at = math.max(0, time[1] * 1000000 + time[2] - at)
  end
  return {fields[1], fields[2], at or false}
end
