import { noFill } from '../tier-stack.ts';
import type { FenceDefinition } from './fence.ts';

/** What arrives last stays. Only fills that this process knows to be overtaken are dropped. */
export const noFence: FenceDefinition = {
  name: 'none',
  summary: 'what arrives last stays',
  ordersFills: false,
  create: (tiers) => ({
    fill: (key, entry, _, isOvertaken) => (isOvertaken ? noFill : tiers.set(key, entry)),
    fillLocal(key, entry, _, isOvertaken) {
      if (!isOvertaken) tiers.local?.set(key, entry);
      return tiers.local?.holds(key, entry) ?? false;
    },
    remove: (key) => tiers.delete(key),
    removeLocal: (key) => void tiers.local?.delete(key),
  }),
};
