import { noFill } from '../tiers/tier-stack.ts';
import type { TierStack } from '../tiers/tier-stack.ts';
import type { Fence } from './fence.ts';

/** What arrives last stays. Only fills that this process knows to be overtaken are dropped. */
export function createNoFence(tiers: TierStack): Fence {
  return {
    fill: (key, entry, _, isOvertaken) => (isOvertaken ? noFill : tiers.set(key, entry)),
    fillLocal(key, entry, _, isOvertaken) {
      if (!isOvertaken) tiers.local?.set(key, entry);
      return tiers.local?.holds(key, entry) ?? false;
    },
    remove: (key) => tiers.delete(key),
    removeLocal: (key) => void tiers.local?.delete(key),
  };
}
