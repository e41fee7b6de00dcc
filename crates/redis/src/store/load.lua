-- Tells what is there, as `present` does.
--
-- KEYS[1]  the value

return present(KEYS[1])
