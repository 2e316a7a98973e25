import { bypassed, countBypass } from '../reads/bypass.ts';
import type { UntieredDefinition } from '../strategy.ts';

/**
 * **no-cache**: every read asks storage. The baseline that shows what caching is worth. Always fresh; storage carries all
 * of the load, and the slowest query decides the latency of its page.
 */
export const noCache: UntieredDefinition = {
  name: 'no-cache',
  summary: 'every read asks storage',
  usesTiers: false,
  parameters: [],
  defaults: { tiers: 'none', invalidation: 'ttl' },
  allows: [],
  refuses: () => null,
  create: (observe) => ({
    async read({ name, loadMany }, id) {
      const loaded = await countBypass(observe, name, 1, () => loadMany([id]));
      return bypassed(loaded.get(id));
    },
    async readMany({ name, loadMany }, ids) {
      const loaded = await countBypass(observe, name, ids.length, () => loadMany([...new Set(ids)]));
      return ids.map((id) => bypassed(loaded.get(id)));
    },
    async write(write) {
      const { result } = await write.store();
      return result;
    },
    onInvalidation: () => {},
    onChange: async () => true,
    onApplied: async () => {},
    forget: async () => {},
    onDelivery: () => {},
  }),
};
