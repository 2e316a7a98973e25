import type { Redis } from 'ioredis';

/** KEYS[1]; ARGV: version, text, milliseconds to live. Leaves what is newer. The head of a text is written by the codec. */
const setFencedScript = `
local held = redis.call('GET', KEYS[1])
local version = held and tonumber(string.match(held, '^1|[et]|(%d+)'))
if version and version > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`;

/** The same arguments with a tombstone as text; an entry of the same version stays: it is the write's own value. */
const deleteFencedScript = `
local held = redis.call('GET', KEYS[1])
local version = held and tonumber(string.match(held, '^1|[et]|(%d+)'))
if version and version >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`;

/** A connection that knows the scripts of the redis tier. They are sent once for each connection and then named. */
export type ScriptedRedis = Redis & {
  darkroomSetFenced(key: string, version: number, text: string, ms: number): Promise<number>;
  darkroomDeleteFenced(key: string, version: number, text: string, ms: number): Promise<number>;
};

export function defineScripts(redis: Redis): ScriptedRedis {
  redis.defineCommand('darkroomSetFenced', { numberOfKeys: 1, lua: setFencedScript });
  redis.defineCommand('darkroomDeleteFenced', { numberOfKeys: 1, lua: deleteFencedScript });
  return redis as ScriptedRedis;
}
