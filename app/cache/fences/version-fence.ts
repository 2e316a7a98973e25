import { noFill } from '../tier-stack.ts';
import type { FenceDefinition } from './fence.ts';

/**
 * Compare-and-set on the row's version, in memory and, by a script, in Redis: an older version never replaces a newer one
 * nor the tombstone that a write leaves, in whatever order things arrive. A write's version is needed for that: what is
 * overtaken by an invalidation without one is dropped.
 */
export const versionFence: FenceDefinition = {
  name: 'version',
  summary: 'the newest version of a row stays, in whatever order fills and deletes arrive',
  ordersFills: true,
  create(tiers, invalidationsHaveVersions) {
    const isDoubtful = (isOvertaken: boolean) => isOvertaken && !invalidationsHaveVersions;
    return {
      // An overtaken load may fill too: it can hold the newest version, and the fence knows whether it does.
      fill: (key, entry, startedAtMs, isOvertaken) =>
        isDoubtful(isOvertaken) ? noFill : tiers.setFenced(key, entry, startedAtMs),
      fillLocal(key, entry, startedAtMs, isOvertaken) {
        if (!isDoubtful(isOvertaken)) tiers.local?.setFenced(key, entry, startedAtMs);
        return tiers.local?.holds(key, entry) ?? false;
      },
      remove: (key, version) => tiers.deleteFenced(key, version),
      removeLocal(key, version) {
        if (version === null) tiers.local?.delete(key);
        else tiers.local?.deleteFenced(key, version);
      },
    };
  },
};
