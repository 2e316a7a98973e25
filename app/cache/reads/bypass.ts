import type { CacheRead } from '../cache.ts';
import type { CacheObserver } from '../cache-events.ts';
import type { Loaded } from '../entry.ts';

/**
 * Reads storage past every cache. The reads are counted as asked and as bypasses, also when storage fails, so that no read of a
 * service goes uncounted.
 */
export async function countBypass<T>(
  observe: CacheObserver,
  name: string,
  reads: number,
  load: () => Promise<T>,
): Promise<T> {
  observe.asked(name, reads);
  try {
    return await load();
  } finally {
    observe.answered(name, 'bypass', reads);
  }
}

/** What storage gave, as the answer to a read. */
export function bypassed<V>(loaded: Loaded<V> | undefined): CacheRead<V> | undefined {
  return loaded && { ...loaded, outcome: 'bypass', freshUntil: 0 };
}
