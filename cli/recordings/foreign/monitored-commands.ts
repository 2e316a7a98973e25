import type { EventName } from '../recording.ts';

/** What a command does to which of its words, of which 0 is its own name. */
type CommandEffect = {
  readonly event: EventName;
  /** Each key, or each second word from the first on. Absent: the first one only. */
  readonly keys?: 'all' | 'pairs';
  /** Which word is the value, and which the lifetime in which unit. */
  readonly value?: number;
  readonly lifetime?: { readonly word: number; readonly unitMs: number };
};

const readCommands = ['get', 'getex', 'getrange', 'substr', 'strlen', 'exists', 'type', 'ttl', 'pttl'];
const readOfParts = [
  ...['hget', 'hmget', 'hgetall', 'hkeys', 'hvals', 'hlen', 'hexists', 'hscan', 'json.get'],
  ...['lrange', 'lindex', 'llen', 'smembers', 'sismember', 'smismember', 'scard', 'srandmember', 'sscan'],
  ...[
    'zrange',
    'zrevrange',
    'zrangebyscore',
    'zrevrangebyscore',
    'zscore',
    'zrank',
    'zrevrank',
    'zcard',
    'zcount',
  ],
  ...['getbit', 'bitcount', 'pfcount', 'xrange', 'xlen'],
];
const writeCommands = [
  ...[
    'getset',
    'setrange',
    'append',
    'incr',
    'incrby',
    'incrbyfloat',
    'decr',
    'decrby',
    'setbit',
    'json.set',
  ],
  ...[
    'hset',
    'hmset',
    'hsetnx',
    'hincrby',
    'hdel',
    'lpush',
    'rpush',
    'lpop',
    'rpop',
    'lset',
    'ltrim',
    'lrem',
  ],
  ...[
    'sadd',
    'srem',
    'spop',
    'zadd',
    'zincrby',
    'zrem',
    'zremrangebyscore',
    'zremrangebyrank',
    'pfadd',
    'xadd',
  ],
];

/** Commands without an effect here, such as PING, EXPIRE or EVAL, name no key, change no value, or hide what they do. */
export const redisEffects: ReadonlyMap<string, CommandEffect> = new Map<string, CommandEffect>([
  ...[...readCommands, ...readOfParts].map((name) => [name, { event: 'read' }] as const),
  ...writeCommands.map((name) => [name, { event: 'write' }] as const),
  ['mget', { event: 'read', keys: 'all' }],
  ['set', { event: 'write', value: 2 }],
  ['setnx', { event: 'write', value: 2 }],
  ['setex', { event: 'write', value: 3, lifetime: { word: 2, unitMs: 1_000 } }],
  ['psetex', { event: 'write', value: 3, lifetime: { word: 2, unitMs: 1 } }],
  ['mset', { event: 'write', keys: 'pairs' }],
  ['del', { event: 'remove', keys: 'all' }],
  ['unlink', { event: 'remove', keys: 'all' }],
  ['getdel', { event: 'remove' }],
]);

/** What a command says of the lifetime of what it stores, in milliseconds; 0: nothing. */
export function lifetimeOf(words: readonly string[], { lifetime }: CommandEffect): number {
  if (lifetime === undefined) return words[0]?.toLowerCase() === 'set' ? lifetimeOfSet(words) : 0;
  const lifetimeMs = Number(words[lifetime.word] ?? 0) * lifetime.unitMs;
  return Number.isFinite(lifetimeMs) ? lifetimeMs : 0;
}

/** `SET key value EX 10` */
function lifetimeOfSet(words: readonly string[]): number {
  for (const [at, word] of words.entries()) {
    if (at < 3) continue;
    const unitMs = { ex: 1_000, px: 1 }[word.toLowerCase()];
    const amount = Number(words[at + 1]);
    if (unitMs !== undefined && amount > 0) return amount * unitMs;
  }
  return 0;
}

/** The keys of a command, with their values where it has some. */
export function* keysOf(
  words: readonly string[],
  { keys, value }: CommandEffect,
): Generator<{ readonly key: string; readonly value?: string }> {
  const step = keys === 'pairs' ? 2 : 1;
  const end = keys === undefined ? 2 : words.length;
  for (let at = 1; at < end; at += step) {
    const key = words[at];
    const stored = keys === 'pairs' ? words[at + 1] : words[value ?? -1];
    if (key !== undefined) yield { key, ...(stored !== undefined && { value: stored }) };
  }
}
