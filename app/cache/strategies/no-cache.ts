import type { Loaded } from '../entry.ts';
import type { Found, StrategyDefinition } from '../strategy.ts';

const always = Number.MAX_SAFE_INTEGER;

function bypassed(loaded: Loaded<unknown> | undefined): Found {
  if (loaded === undefined) return { entry: undefined, outcome: 'bypass' };
  return { entry: { ...loaded, freshUntil: always, staleUntil: always }, outcome: 'bypass' };
}

/**
 * **no-cache**: every read asks storage. The baseline that shows what caching is worth. Always fresh; storage carries all
 * of the load, and the slowest query decides the latency of its page.
 */
export const noCache: StrategyDefinition = {
  name: 'no-cache',
  summary: 'every read asks storage',
  usesTiers: false,
  defaultProtection: 'none',
  allows: [],
  promote: () => {},
  create: ({ observe }) => ({
    async read(lookup) {
      observe({ type: 'asked', name: lookup.entityName, count: 1 });
      try {
        return bypassed(await lookup.load());
      } finally {
        observe({ type: 'answered', name: lookup.entityName, outcome: 'bypass' });
      }
    },
    async readMany(batch) {
      observe({ type: 'asked', name: batch.entityName, count: batch.keys.length });
      try {
        const loaded = await batch.loadMany(batch.keys);
        return batch.keys.map((key) => bypassed(loaded.get(key)));
      } finally {
        for (const _ of batch.keys) observe({ type: 'answered', name: batch.entityName, outcome: 'bypass' });
      }
    },
    async write(write) {
      const { result } = await write.store();
      return result;
    },
    onInvalidation: () => {},
    onUnsure: () => {},
  }),
};
