/** What a system does with a Redis: it keeps entries there, tells replicas of writes, lets writes wait, or is told what changes. */
export const redisUses = ['entries', 'messages', 'queue', 'tracking'] as const;
export type RedisUse = (typeof redisUses)[number];
