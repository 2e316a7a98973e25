import type { RedisScript } from '../../../redis/redis-scripts.ts';

const heldVersion = `
local held = redis.call('GET', KEYS[1])
local version = held and tonumber(string.match(held, '^3|[ent]|(%d+)'))`;

/** ARGV: version, payload, milliseconds to live. Leaves what is newer. The head of a payload is written by the codec. */
export const setFencedScript: RedisScript = {
  name: 'darkroomSetFenced',
  keys: 1,
  lua: `${heldVersion}
if version and version > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`,
};

/**
 * The same with a tombstone as payload, and the lease of the key, which is taken back. An entry of the same version stays:
 * it is the write's own value.
 */
export const deleteFencedScript: RedisScript = {
  name: 'darkroomDeleteFenced',
  keys: 2,
  lua: `redis.call('DEL', KEYS[2])${heldVersion}
if version and version >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`,
};

/**
 * KEYS: entry, lease; ARGV: token, its milliseconds to live, the time beyond which an entry must be fresh so that
 * nobody has to load it, and the time now. Where that is 0, a lease is held for as long as Redis has it. A token ends
 * with the time until which its lease is held.
 */
export const acquireScript: RedisScript = {
  name: 'darkroomAcquire',
  keys: 2,
  lua: `
local held = redis.call('GET', KEYS[1])
local fresh = held and tonumber(string.match(held, '^3|[en]|%d+|([%d%.]+)'))
if fresh and fresh > tonumber(ARGV[3]) then return 'entry' end
local lease = redis.call('GET', KEYS[2])
local untilMs = lease and (tonumber(string.match(lease, '|([%d%.]+)$')) or math.huge)
if untilMs and untilMs > tonumber(ARGV[4]) then return 'held' end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return 'granted'`,
};

/** KEYS: entry, lease; ARGV: token, version, payload, milliseconds to live. Only the holder of the lease may fill. */
export const fillScript: RedisScript = {
  name: 'darkroomFill',
  keys: 2,
  lua: `
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[2])${heldVersion}
if version and version > tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
return 1`,
};

/** KEYS: entry, lease; ARGV: token. */
export const releaseScript: RedisScript = {
  name: 'darkroomRelease',
  keys: 2,
  lua: `
if redis.call('GET', KEYS[2]) == ARGV[1] then return redis.call('DEL', KEYS[2]) end
return 0`,
};

/** All scripts of the redis tier. */
export const entryScripts = [setFencedScript, deleteFencedScript, acquireScript, fillScript, releaseScript];
