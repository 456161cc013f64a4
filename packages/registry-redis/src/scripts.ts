/*
 * What stands in Redis. Every key begins with `{<prefix>:<cluster>}:`, whose braces keep them in one slot of a Redis Cluster.
 *
 *     leases              sorted set   lease → when it ends, in ms of the server's clock
 *     held:<lease>        set          service, NUL, id of what it holds
 *     service:<service>   hash         id → lease, space, entry as JSON
 *     state:<service>     hash         w<id>, t<id>, i<id> → weight, tags, inactive that an operator set, as JSON
 *     services            set          names that have an entry
 *     changed             channel      the name of a service that changed
 *
 * All of it is changed by scripts alone, each of which is one step for everybody else. Times are the server's own: no
 * client's clock matters.
 */

const prelude = `
local base = ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local changed = {}

local function forget(service, id)
  redis.call('HDEL', base .. 'state:' .. service, 'w' .. id, 't' .. id, 'i' .. id)
end

local function leaseOf(entry)
  return entry and string.match(entry, '^(%x+) ')
end

local function split(member)
  local cut = string.find(member, '\\0', 1, true)
  if cut then return string.sub(member, 1, cut - 1), string.sub(member, cut + 1) end
end

local function isAlive(lease)
  return lease and tonumber(redis.call('ZSCORE', base .. 'leases', lease) or 0) > now
end

local function empty(lease)
  for _, member in ipairs(redis.call('SMEMBERS', base .. 'held:' .. lease)) do
    local service, id = split(member)
    if service and leaseOf(redis.call('HGET', base .. 'service:' .. service, id)) == lease then
      redis.call('HDEL', base .. 'service:' .. service, id)
      forget(service, id)
      if redis.call('HLEN', base .. 'service:' .. service) == 0 then
        redis.call('SREM', base .. 'services', service)
      end
      changed[service] = true
    end
  end
  redis.call('DEL', base .. 'held:' .. lease)
end

local function sweep()
  for _, lease in ipairs(redis.call('ZRANGEBYSCORE', base .. 'leases', '-inf', now, 'LIMIT', 0, 100)) do
    empty(lease)
    redis.call('ZREM', base .. 'leases', lease)
  end
end

local function tell()
  for service in pairs(changed) do redis.call('PUBLISH', base .. 'changed', service) end
end
`;

/** lease, its ms, "new" or "old", then service, id, JSON of each entry → 1; 0 where an old lease is no more. */
export const hold = `${prelude}
local lease = ARGV[2]
if ARGV[4] == 'old' and not isAlive(lease) then return 0 end
empty(lease)
redis.call('ZADD', base .. 'leases', now + ARGV[3], lease)
for at = 5, #ARGV, 3 do
  local service, id = ARGV[at], ARGV[at + 1]
  local former = leaseOf(redis.call('HGET', base .. 'service:' .. service, id))
  if former then redis.call('SREM', base .. 'held:' .. former, service .. '\\0' .. id) end
  redis.call('HSET', base .. 'service:' .. service, id, lease .. ' ' .. ARGV[at + 2])
  redis.call('SADD', base .. 'held:' .. lease, service .. '\\0' .. id)
  redis.call('SADD', base .. 'services', service)
  forget(service, id)
  changed[service] = true
end
sweep()
tell()
return 1`;

/** lease, its ms → 1; 0 where it has ended, or something of what it holds is gone. Takes away what others left behind, too. */
export const beat = `${prelude}
local lease = ARGV[2]
local whole = isAlive(lease)
for _, member in ipairs(redis.call('SMEMBERS', base .. 'held:' .. lease)) do
  local service, id = split(member)
  whole = whole and redis.call('HEXISTS', base .. 'service:' .. service, id) == 1
end
if whole then redis.call('ZADD', base .. 'leases', now + ARGV[3], lease) end
sweep()
tell()
return whole and 1 or 0`;

/** lease → nothing. */
export const drop = `${prelude}
empty(ARGV[2])
redis.call('ZREM', base .. 'leases', ARGV[2])
tell()`;

/** service, id, then field and JSON of each change → 1; 0 where there is no such instance. */
export const patch = `${prelude}
local service, id = ARGV[2], ARGV[3]
if not isAlive(leaseOf(redis.call('HGET', base .. 'service:' .. service, id))) then return 0 end
for at = 4, #ARGV, 2 do redis.call('HSET', base .. 'state:' .. service, ARGV[at] .. id, ARGV[at + 1]) end
changed[service] = true
tell()
return 1`;

/** service → ms until the first of its leases ends, or −1; then id, JSON, weight, tags, inactive of each instance. */
export const read = `${prelude}
local service = ARGV[2]
local soonest, found = -1, {}
local stored = redis.call('HGETALL', base .. 'service:' .. service)
for at = 1, #stored, 2 do
  local id, entry = stored[at], stored[at + 1]
  local lease = leaseOf(entry)
  local ends = lease and redis.call('ZSCORE', base .. 'leases', lease)
  local left = lease and tonumber(ends or 0) - now
  if not lease or left > 0 then
    if left and (soonest < 0 or left < soonest) then soonest = left end
    local state = redis.call('HMGET', base .. 'state:' .. service, 'w' .. id, 't' .. id, 'i' .. id)
    found[#found + 1] = { id, lease and string.sub(entry, #lease + 2) or entry, state[1], state[2], state[3] }
  end
end
return { soonest, found }`;

/** → the names of the services with an instance. */
export const names = `${prelude}
local found = {}
for _, service in ipairs(redis.call('SMEMBERS', base .. 'services')) do
  for _, entry in ipairs(redis.pcall('HVALS', base .. 'service:' .. service)) do
    if isAlive(leaseOf(entry)) then
      found[#found + 1] = service
      break
    end
  end
end
return found`;

/**
 * Of a rate limit, by its key: how many are wanted, calls a second, burst → how many are granted, and after how many ms there is
 * one more. What is stored is when its bucket will be full again, in ms of the server's clock.
 */
export const take = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local wanted, spacing, burst = tonumber(ARGV[2]), 1000 / ARGV[3], tonumber(ARGV[4])
local full = math.max(tonumber(redis.call('GET', ARGV[1])) or 0, now)
-- A clock that was set back must not keep everybody out.
full = math.min(full, now + burst * spacing)
local granted = math.max(0, math.min(wanted, math.floor(burst - (full - now) / spacing + 1e-6)))
full = full + granted * spacing
redis.call('SET', ARGV[1], string.format('%.3f', full), 'PX', math.max(1, math.ceil(full - now)))
return { granted, math.max(0, math.ceil(full + spacing - burst * spacing - now)) }`;
