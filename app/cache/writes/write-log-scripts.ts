import type { RedisScript } from '../../redis/redis-scripts.ts';

/** The group of a stream, and its one consumer, which stands for all replicas: only how long ago a write was taken matters, not by whom. */
export const groupName = 'storage';

/** KEYS: stream; ARGV: most entries, kind, coalescing key, payload. Answers with the entries now in it, or 0 when it is full. */
export const appendScript: RedisScript = {
  name: 'darkroomAppend',
  keys: 1,
  lua: `
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
redis.call('XADD', KEYS[1], '*', 'kind', ARGV[2], 'key', ARGV[3], 'payload', ARGV[4])
return redis.call('XLEN', KEYS[1])`,
};

/** KEYS: stream; ARGV: most entries to take. The time on the clock that numbers them, those that nobody has taken yet, and how many wait. */
export const takeScript: RedisScript = {
  name: 'darkroomTake',
  keys: 1,
  lua: `
local taken = redis.call('XREADGROUP', 'GROUP', '${groupName}', '${groupName}', 'COUNT', ARGV[1], 'STREAMS', KEYS[1], '>')
local now = redis.call('TIME')
return {now[1] * 1000 + math.floor(now[2] / 1000), taken and taken[1][2] or {}, redis.call('XLEN', KEYS[1])}`,
};

/** KEYS: stream; ARGV: most entries, milliseconds since they were taken, where to go on. The time, entries, the next place, how many wait. */
export const takeOverScript: RedisScript = {
  name: 'darkroomTakeOver',
  keys: 1,
  lua: `
local taken = redis.call('XAUTOCLAIM', KEYS[1], '${groupName}', '${groupName}', ARGV[2], ARGV[3], 'COUNT', ARGV[1])
local now = redis.call('TIME')
return {now[1] * 1000 + math.floor(now[2] / 1000), taken[2], taken[1], redis.call('XLEN', KEYS[1])}`,
};

/** KEYS: stream, attempts; ARGV: ids. Answers with how many of them were still there. */
export const settleScript: RedisScript = {
  name: 'darkroomSettle',
  keys: 2,
  lua: `
redis.call('HDEL', KEYS[2], unpack(ARGV))
redis.call('XACK', KEYS[1], '${groupName}', unpack(ARGV))
return redis.call('XDEL', KEYS[1], unpack(ARGV))`,
};

/**
 * KEYS: stream, attempts, dead letters; ARGV: id, reason, attempts allowed, most dead letters. Counts an attempt; after the
 * last one the entry moves to the dead letters. Answers with 1 then.
 */
export const refuseScript: RedisScript = {
  name: 'darkroomRefuse',
  keys: 3,
  lua: `
local entry = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not entry then return 0 end
if redis.call('HINCRBY', KEYS[2], ARGV[1], 1) < tonumber(ARGV[3]) then return 0 end
if redis.call('XLEN', KEYS[3]) >= tonumber(ARGV[4]) then return 0 end
redis.call('XADD', KEYS[3], '*', 'id', ARGV[1], 'reason', ARGV[2], unpack(entry[2]))
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('XACK', KEYS[1], '${groupName}', ARGV[1])
redis.call('XDEL', KEYS[1], ARGV[1])
return 1`,
};

/** All scripts of the durable queue. */
export const logScripts = [appendScript, takeScript, takeOverScript, settleScript, refuseScript];
