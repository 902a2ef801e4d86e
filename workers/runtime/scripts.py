"""The server-side transactions of a run, as Lua scripts: each happens whole or not at all, in the server's one order.

Rules
1. Time is the server's: microseconds from ``TIME``, pushed past the last commit's so that no two commits share a time.
   Stream entry ids carry it (``<us>-<n>``), so an observation's time is the time of its state change.
2. Fencing: a commit names its instance's epoch and the shards it touches. It is refused unless the lease holds that
   epoch and every shard is owned by it. Epochs only rise, so a paused instance that was replaced commits nothing.
3. A commit refused for its epoch is itself an observation (``fenced``); one refused because a shard has moved to
   another live instance (``moved``) is ordinary rebalancing and is not.
4. Ownership is dealt out anew (``rebalance``) whenever the set of live, wanted instances of a node changes.

Commands of Redis 7.0 only. All keys of one call share the run's hash tag.
"""

from __future__ import annotations

from typing import Any, Final

import redis

STREAM_ENTRIES_MAX: Final = 200_000
"""A commit that would write to a stream longer than this is refused: somebody has stopped reading it."""

_COMMON = """
local function text(n) return string.format('%.0f', n) end
local function tick(clock)
  local t = redis.call('TIME')
  local now = t[1] * 1000000 + t[2]
  local last = tonumber(redis.call('GET', clock) or '0')
  if now <= last then now = last + 1 end
  redis.call('SET', clock, text(now))
  return now
end
local function lease_of(leases, instance)
  local value = redis.call('HGET', leases, instance)
  if not value then return nil, 0 end
  local epoch, expires = value:match('^(%d+) (%d+)$')
  return tonumber(epoch), tonumber(expires)
end
local function node_of(instance) return instance:match('^(.*)%.%d+$') end
local function number_of(instance) return tonumber(instance:match('%.(%d+)$')) end
local function changed(obs, now, instance, state, epoch, reason)
  local body = {'changed', instance, state, epoch, reason}
  redis.call('XADD', obs, text(now) .. '-*', 'b', cmsgpack.pack({node_of(instance), instance, epoch, {body}}))
end
local function rebalance(meta, desired, leases, owners, node, partitions, now)
  local wanted = tonumber(redis.call('HGET', desired, node) or '0')
  local live, epochs = {}, {}
  for i = 1, wanted do
    local instance = node .. '.' .. i
    local epoch, expires = lease_of(leases, instance)
    if epoch and expires > now then live[#live + 1] = instance; epochs[instance] = epoch end
  end
  table.sort(live)
  for p = 0, partitions - 1 do
    local field = node .. '/' .. p
    if #live == 0 then redis.call('HDEL', owners, field)
    else
      local owner = live[p % #live + 1]
      redis.call('HSET', owners, field, owner .. ' ' .. epochs[owner])
    end
  end
  redis.call('HINCRBY', meta, 'version', 1)
end
local function active(meta)
  local state = redis.call('HGET', meta, 'state')
  if not state then return 'gone' end
  if state == 'running' or state == 'draining' then return nil end
  return state
end
local function about(stream)
  if redis.call('EXISTS', stream) == 0 then return nil, 0, 0 end
  local info, field = redis.call('XINFO', 'STREAM', stream), {}
  for j = 1, #info, 2 do field[info[j]] = info[j + 1] end
  return field['last-generated-id'], field['entries-added'], field['length']
end
"""

# Every script below gets these keys first: clock, meta, desired, leases, owners, obs.
_HEAD = _COMMON + "local CLOCK, META, DESIRED, LEASES, OWNERS, OBS = unpack(KEYS, 1, 6)\n"

_ACQUIRE = """
local instance, ttl, partitions = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local ended = active(META)
if ended then return {'ended', ended} end
local node = node_of(instance)
if number_of(instance) > tonumber(redis.call('HGET', DESIRED, node) or '0') then return {'unwanted'} end
local now = tick(CLOCK)
local epoch, expires = lease_of(LEASES, instance)
if epoch and expires > now then return {'held'} end
if epoch then changed(OBS, now, instance, 'lost', epoch, 'its lease ran out') end
epoch = redis.call('HINCRBY', META, 'epoch', 1)
redis.call('HSET', LEASES, instance, epoch .. ' ' .. text(now + ttl))
rebalance(META, DESIRED, LEASES, OWNERS, node, partitions, now)
changed(OBS, now, instance, 'up', epoch, '')
return {'ok', epoch, text(now)}
"""

_BEAT = """
local instance, epoch, ttl, partitions = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local ended = active(META)
if ended then return {'ended', ended} end
local held, expires = lease_of(LEASES, instance)
if held ~= epoch then return {'fenced'} end
if number_of(instance) > tonumber(redis.call('HGET', DESIRED, node_of(instance)) or '0') then return {'unwanted'} end
local now = tick(CLOCK)
redis.call('HSET', LEASES, instance, epoch .. ' ' .. text(now + ttl))
-- Others may have been dealt its shards since its lease ran out, and nobody would deal again.
if expires <= now then rebalance(META, DESIRED, LEASES, OWNERS, node_of(instance), partitions, now) end
return {'ok', redis.call('HGET', META, 'version'), text(now)}
"""

_RELEASE = """
local instance, epoch, reason, partitions = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
if redis.call('EXISTS', META) == 0 then return {'ended', 'gone'} end
if lease_of(LEASES, instance) ~= epoch then return {'fenced'} end
local now = tick(CLOCK)
redis.call('HDEL', LEASES, instance)
changed(OBS, now, instance, 'down', epoch, reason)
rebalance(META, DESIRED, LEASES, OWNERS, node_of(instance), partitions, now)
return {'ok'}
"""

_COMMIT = """
local h = cmsgpack.unpack(ARGV[1])
local instance, epoch, ttl, limit, shards, streams = h[1], h[2], h[3], h[4], h[5], h[6]
local ended = active(META)
if ended then return {'ended', ended} end
local owner = instance .. ' ' .. epoch
local now = tick(CLOCK)
if lease_of(LEASES, instance) ~= epoch then
  changed(OBS, now, instance, 'fenced', epoch, 'its commit was refused')
  return {'fenced'}
end
for i = 1, #shards do
  if redis.call('HGET', OWNERS, shards[i][1]) ~= owner then return {'moved'} end
end
-- Paused or down, and it does not know yet: it commits nothing, and reads of the fault before it tries again.
if tonumber(redis.call('HGET', META, 'stopped:' .. node_of(instance)) or '0') > 0 then return {'moved'} end
-- Who waits for room is alive: the lease is renewed although the commit is refused.
redis.call('HSET', LEASES, instance, epoch .. ' ' .. text(now + ttl))
for i = 1, #streams do
  if redis.call('XLEN', KEYS[6 + #shards + i]) >= limit then return {'full', KEYS[6 + #shards + i]} end
end
if redis.call('XLEN', OBS) >= limit then return {'full', OBS} end
local a = 2
for i = 1, #shards do
  local key, sets, dels = KEYS[6 + i], shards[i][2], shards[i][3]
  for j = a, a + sets - 1, 1000 do redis.call('HSET', key, unpack(ARGV, j, math.min(j + 999, a + sets - 1))) end
  a = a + sets
  for j = a, a + dels - 1, 1000 do redis.call('HDEL', key, unpack(ARGV, j, math.min(j + 999, a + dels - 1))) end
  a = a + dels
end
local id = text(now) .. '-*'
for i = 1, #streams do
  local key = KEYS[6 + #shards + i]
  for j = a, a + streams[i] - 1 do redis.call('XADD', key, id, 'm', ARGV[j]) end
  a = a + streams[i]
end
if ARGV[a] ~= '' then redis.call('XADD', OBS, id, 'b', ARGV[a]) end
return {'ok', redis.call('HGET', META, 'version'), text(now)}
"""

_SWEEP = """
local partitions = tonumber(ARGV[1])
if active(META) then return 0 end
local now = tick(CLOCK)
local flat = redis.call('HGETALL', LEASES)
local lost = 0
for i = 1, #flat, 2 do
  local instance = flat[i]
  local epoch, expires = lease_of(LEASES, instance)
  if expires <= now then
    redis.call('HDEL', LEASES, instance)
    changed(OBS, now, instance, 'lost', epoch, 'its lease ran out')
    rebalance(META, DESIRED, LEASES, OWNERS, node_of(instance), partitions, now)
    lost = lost + 1
  end
end
return lost
"""

# A fourth argument is the number of the scenario's change that this is: each happens once.
_SCALE = """
local node, instances, partitions = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local ended = active(META)
if ended then return {'ended', ended} end
if ARGV[4] then
  if tonumber(redis.call('HGET', META, 'changes') or '0') >= tonumber(ARGV[4]) then return {'ok'} end
  redis.call('HSET', META, 'changes', ARGV[4])
end
redis.call('HSET', DESIRED, node, instances)
rebalance(META, DESIRED, LEASES, OWNERS, node, partitions, tick(CLOCK))
return {'ok'}
"""

_INJECT = """
local ended = active(META)
if ended then return {'ended', ended} end
if redis.call('XLEN', KEYS[7]) >= tonumber(ARGV[2]) then return {'full', KEYS[7]} end
redis.call('XADD', KEYS[7], text(tick(CLOCK)) .. '-*', 'm', ARGV[1])
return {'ok'}
"""

# One more key: the stream of faults. Each fault begins once and ends once.
_FAULT = """
local id, state, entry, body, node, crash, most = unpack(ARGV)
local ended = active(META)
if ended then return {'ended', ended} end
local before = redis.call('HGET', META, 'fault:' .. id) or ''
if state == 'began' then
  if before ~= '' then return {'no', before} end
  if tonumber(redis.call('HGET', META, 'faults') or '0') >= tonumber(most) then return {'full', most} end
  redis.call('HINCRBY', META, 'faults', 1)
elseif before ~= 'began' then return {'no', before} end
redis.call('HSET', META, 'fault:' .. id, state)
local now = tick(CLOCK)
local by = state == 'began' and 1 or -1
if node ~= '' then redis.call('HINCRBY', META, 'stopped:' .. node, by) end
if crash == '1' then redis.call('HINCRBY', META, 'crashed:' .. node, by) end
redis.call('XADD', OBS, text(now) .. '-*', 'b', body)
if crash == '1' then
  local leases = redis.call('HKEYS', LEASES)
  table.sort(leases)
  for i = 1, #leases do
    if node_of(leases[i]) == node then
      local to, why = 'lost', 'crashed'
      if state == 'ended' then to, why = 'up', 'restarted' end
      changed(OBS, now, leases[i], to, lease_of(LEASES, leases[i]), why .. ' (' .. id .. ')')
    end
  end
end
redis.call('XADD', KEYS[7], text(now) .. '-*', 'f', entry)
return {'ok', text(now)}
"""

# A real fault: nothing but its record, for it happens outside of the server's transactions.
_REAL = """
local id, state, body, most = unpack(ARGV)
local ended = active(META)
if ended then return {'ended', ended} end
local before = redis.call('HGET', META, 'fault:' .. id) or ''
if state == 'began' then
  if before ~= '' then return {'no', before} end
  if tonumber(redis.call('HGET', META, 'faults') or '0') >= tonumber(most) then return {'full', most} end
  redis.call('HINCRBY', META, 'faults', 1)
end
redis.call('HSET', META, 'fault:' .. id, state)
redis.call('XADD', OBS, text(tick(CLOCK)) .. '-*', 'b', body)
return {'ok'}
"""

_END = """
local state, reason = ARGV[1], ARGV[2]
local ended = active(META)
if ended then return {'ended', ended} end
local now = tick(CLOCK)
redis.call('HSET', META, 'state', state, 'reason', reason, 'ended_us', text(now))
redis.call('HINCRBY', META, 'version', 1)
local flat = redis.call('HGETALL', LEASES)
for i = 1, #flat, 2 do
  changed(OBS, now, flat[i], 'down', lease_of(LEASES, flat[i]), 'the run ended')
end
redis.call('DEL', LEASES, OWNERS)
return {'ok'}
"""

# Further keys: each stream of a topic and then the shards that read it; arguments: topic and number of readers of each
# stream, and how far behind a reader's mark to count. Cuts each stream behind its slowest reader, and looks whether
# anybody else cut more: what was ever added and is not there any more must have been seen by every reader.
_TRIM = """
local places, most = cmsgpack.unpack(ARGV[1]), tonumber(ARGV[2])
local function before(a, b)
  local aus, an = a:match('^(%d+)-(%d+)$')
  local bus, bn = b:match('^(%d+)-(%d+)$')
  if tonumber(aus) ~= tonumber(bus) then return tonumber(aus) < tonumber(bus) end
  return tonumber(an) < tonumber(bn)
end
if active(META) then return {} end
local k = 7
for i = 1, #places do
  local topic, readers, stream = places[i][1], places[i][2], KEYS[k]
  local last, added, length = about(stream)
  local slowest, all = nil, true
  for r = k + 1, k + readers do
    local mark = redis.call('HGET', KEYS[r], 'c:' .. topic)
    local seen = tonumber(redis.call('HGET', KEYS[r], 'e:' .. topic) or '0')
    local there = 0
    if mark and last then there = #redis.call('XRANGE', stream, '-', mark, 'COUNT', most + 1) end
    if there <= most and added - length + there ~= seen then
      return {stream, KEYS[r], added - length + there - seen}
    end
    if not mark then all = false
    elseif not slowest or before(mark, slowest) then slowest = mark end
  end
  if last and all and slowest then redis.call('XTRIM', stream, 'MINID', '=', slowest) end
  k = k + 1 + readers
end
return {}
"""

# Further keys: every pair of a subscribed stream and its subscriber's shard; further arguments: the topic of each pair.
_FINISH_IF_QUIET = """
if active(META) then return 0 end
for i = 7, #KEYS, 2 do
  local field = ARGV[2 + (i - 5) / 2]
  local last, added = about(KEYS[i])
  if last and redis.call('HGET', KEYS[i + 1], 'c:' .. field) ~= last then return 0 end
  if last and redis.call('HGET', KEYS[i + 1], 'd:' .. field) then return 0 end
  if tonumber(redis.call('HGET', KEYS[i + 1], 'e:' .. field) or '0') ~= added then return 0 end
  if redis.call('HGET', KEYS[i + 1], 's') ~= '1' then return 0 end
  if tonumber(redis.call('HGET', KEYS[i + 1], 'tn') or '0') > 0 then return 0 end
end
""" + _END.replace("if ended then return {'ended', ended} end", "if ended then return 0 end").replace(
    "return {'ok'}", "return 1"
)


class Scripts:
    """The scripts bound to one client; each call returns the script's reply with bytes as they come."""

    def __init__(self, client: redis.Redis) -> None:
        self.acquire = client.register_script(_HEAD + _ACQUIRE)
        self.beat = client.register_script(_HEAD + _BEAT)
        self.release = client.register_script(_HEAD + _RELEASE)
        self.commit = client.register_script(_HEAD + _COMMIT)
        self.sweep = client.register_script(_HEAD + _SWEEP)
        self.scale = client.register_script(_HEAD + _SCALE)
        self.inject = client.register_script(_HEAD + _INJECT)
        self.fault = client.register_script(_HEAD + _FAULT)
        self.real = client.register_script(_HEAD + _REAL)
        self.end = client.register_script(_HEAD + _END)
        self.trim = client.register_script(_HEAD + _TRIM)
        self.finish_if_quiet = client.register_script(_HEAD + _FINISH_IF_QUIET)


def head_keys(keys: Any) -> list[str]:
    """The keys that every script gets first, in their order; ``keys`` are a run's ``RunKeys``."""
    return [keys.clock, keys.meta, keys.desired, keys.leases, keys.owners, keys.observations]
