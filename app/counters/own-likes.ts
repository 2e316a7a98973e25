import type { Clock } from '../clock.ts';
import type { CounterRedis } from './counter-redis.ts';

/**
 * What people have liked lately, and when, so that each of them is shown the own like at once, however late the count
 * is. It is kept in Redis, for all replicas, and in this process too, for when Redis does not answer.
 */
export type OwnLikes = {
  /** Resolves when the other replicas can know. Rejects nothing: then only this one does. */
  note(photoId: number, people: readonly number[], atMs: number): Promise<void>;
  /** In the order of the photos: when the person has liked each. Undefined: not lately. */
  of(personId: number, photoIds: readonly number[]): Promise<readonly (number | undefined)[]>;
};

/** Rollups are late by seconds. Where nobody rolls up for longer than this, the own like is as late as all others. */
const lateMaxMs = 600_000;
const rememberedMax = 10_000;

export type OwnLikesParts = {
  readonly redis: Pick<CounterRedis, 'mget' | 'set' | 'keyPrefix'>;
  readonly clock: Clock;
  readonly runInBackground: (name: string, work: Promise<unknown>) => void;
};

export function createOwnLikes({ redis, clock, runInBackground }: OwnLikesParts): OwnLikes {
  const remembered = new Map<string, number>();
  const keyOf = (personId: number, photoId: number): string =>
    `${redis.keyPrefix}own-like:${personId}:${photoId}`;
  const remember = (key: string, atMs: number): void => {
    remembered.delete(key);
    remembered.set(key, atMs);
    const [oldest] = remembered.keys();
    if (remembered.size > rememberedMax && oldest !== undefined) remembered.delete(oldest);
  };
  const own = (key: string): number | undefined => {
    const atMs = remembered.get(key);
    return atMs === undefined || clock.now() - atMs > lateMaxMs ? undefined : atMs;
  };
  return {
    async note(photoId, people, atMs) {
      const keys = people.map((personId) => keyOf(personId, photoId));
      for (const key of keys) remember(key, atMs);
      const told = Promise.all(keys.map((key) => redis.set(key, String(atMs), lateMaxMs)));
      runInBackground('own likes', told);
      await told.catch(() => {});
    },
    async of(personId, photoIds) {
      const keys = photoIds.map((photoId) => keyOf(personId, photoId));
      const shared = await redis.mget(keys).catch(() => []);
      return keys.map((key, index) => {
        const atMs = shared[index];
        return own(key) ?? (typeof atMs === 'string' ? Number(atMs) : undefined);
      });
    },
  };
}
