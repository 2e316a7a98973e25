import { connectOnce } from './redis-trials.ts';
import type { RedisServer } from './redis-server.ts';

/** Bytes that a Redis takes beyond what it takes empty: entries, their keys and buffers. Null for one that is not ours, or does not say. */
export async function readRedisBytes({ url, pid }: Pick<RedisServer, 'url' | 'pid'>): Promise<number | null> {
  if (pid === null) return null;
  const redis = connectOnce(url);
  try {
    await redis.connect();
    const info = await redis.info('memory');
    const bytesOf = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
    const bytes = bytesOf('used_memory') - bytesOf('used_memory_startup');
    return Number.isFinite(bytes) ? Math.max(0, bytes) : null;
  } catch {
    // It is a figure that could not be had.
    return null;
  } finally {
    redis.disconnect();
  }
}
