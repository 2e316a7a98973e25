import { invalidateAll } from '../invalidate-all.ts';
import { createReadPath } from '../read-path.ts';
import type { StrategyDefinition } from '../strategy.ts';

/**
 * **cache-aside**, as textbooks have it: a reader that misses loads and fills; a write commits, then deletes the key
 * (Scaling Memcache at Facebook, https://www.usenix.org/conference/nsdi13/technical-sessions/presentation/nishtala,
 * section 2). It takes most reads off storage. Nothing orders a fill against a delete, so a slow load may put back what a
 * write has just removed, and a lost message of the bus goes unnoticed: both last until the TTL ends.
 */
export const cacheAside: StrategyDefinition = {
  name: 'cache-aside',
  summary: 'a miss loads and fills; a write commits, then deletes the key',
  usesTiers: true,
  defaultProtection: 'none',
  allows: [
    'stale-fill',
    'older-overwrites-newer',
    'stale-promotion',
    'lost-invalidation',
    'failed-invalidation',
  ],
  promote: (near, key, entry) => near.set(key, entry),
  create(context) {
    const path = createReadPath(context, (key, entry, _, isOvertaken) =>
      isOvertaken ? undefined : context.tiers.set(key, entry),
    );
    return {
      read: path.read,
      readMany: path.readMany,
      async write(write) {
        const { result, changed } = await write.store();
        await invalidateAll(context, changed, (key) => context.tiers.delete(key));
        return result;
      },
      onInvalidation(key) {
        context.flights?.forget(key);
        void context.tiers.near?.delete(key);
      },
      onUnsure: () => {},
    };
  },
};
