import type { SharedTier, SharedTierDefinition } from '../../app/cache/tiers/tier.ts';
import { createSharedTier } from './shared-tier.ts';

let shelves: SharedTier | null = null;

/** A further kind of tier, for the test that adds one: all caches of a process share it. */
export const shelf: SharedTierDefinition = {
  name: 'shelf',
  column: 'shelf',
  isShared: true,
  parameters: {},
  redisUse: null,
  scripts: [],
  async connect({ clock }) {
    shelves ??= createSharedTier(clock);
    return shelves;
  },
};
