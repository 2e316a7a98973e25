import type { ChangedKey } from './cache.ts';
import type { MaybePromise } from './entry.ts';
import { makeKey } from './keys.ts';
import type { StrategyContext } from './strategy.ts';

/**
 * After a commit: removes every changed key from the tiers, then tells the other replicas. A tier that could not be told
 * is an event, never a failed write: the write is already done.
 */
export async function invalidateAll(
  { flights, bus, observe }: StrategyContext,
  changed: readonly ChangedKey[],
  remove: (key: string, version: number) => MaybePromise<boolean>,
): Promise<void> {
  await Promise.all(
    changed.map(async ({ entity, id, version }) => {
      const key = makeKey(entity.name, id);
      flights?.forget(key);
      const isRemoved = await remove(key, version);
      // A read that began before the delete may have opened a flight meanwhile.
      flights?.forget(key);
      if (!isRemoved) observe({ type: 'invalidation', name: entity.name, outcome: 'failed' });
      bus?.publish(key, version);
    }),
  );
}
