import type { CacheRead } from '../cache.ts';
import type { Loaded } from '../entry.ts';
import type { StrategyDefinition } from '../strategy.ts';

function bypassed(loaded: Loaded<unknown> | undefined): CacheRead<unknown> | undefined {
  return loaded && { ...loaded, outcome: 'bypass', freshUntil: 0 };
}

/**
 * **no-cache**: every read asks storage. The baseline that shows what caching is worth. Always fresh; storage carries all
 * of the load, and the slowest query decides the latency of its page.
 */
export const noCache: StrategyDefinition = {
  name: 'no-cache',
  summary: 'every read asks storage',
  usesTiers: false,
  parameters: [],
  defaults: { tiers: 'none', invalidation: 'ttl' },
  allows: [],
  refuses: () => null,
  create: ({ observe }) => ({
    async read({ name, loadMany }, id) {
      observe.asked(name, 1);
      try {
        return bypassed((await loadMany([id])).get(id));
      } finally {
        observe.answered(name, 'bypass', 1);
      }
    },
    async readMany({ name, loadMany }, ids) {
      observe.asked(name, ids.length);
      try {
        const loaded = await loadMany([...new Set(ids)]);
        return ids.map((id) => bypassed(loaded.get(id)));
      } finally {
        observe.answered(name, 'bypass', ids.length);
      }
    },
    async write(write) {
      const { result } = await write.store();
      return result;
    },
    onInvalidation: () => {},
    onChange: async () => true,
    onApplied: async () => {},
    onDelivery: () => {},
  }),
};
