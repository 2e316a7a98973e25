import type { TieredDefinition } from '../strategy.ts';
import { cacheAside } from './cache-aside.ts';

/**
 * **cache-aside-delete-first**: cache-aside with its write in the wrong order, as many services have it: it deletes the key,
 * then commits ([Facebook's order](https://www.usenix.org/conference/nsdi13/technical-sessions/presentation/nishtala), section
 * 2, is the other one). A crash in between leaves nothing stale, which is its only gain. Whoever reads between delete and
 * commit fills the old value again, and nothing removes it until its TTL ends: no rare race, but every read of a hot key. It
 * is here as a control: a comparison that does not show its stale reads cannot show anyone's.
 */
export const cacheAsideDeleteFirst: TieredDefinition = {
  ...cacheAside,
  name: 'cache-aside-delete-first',
  summary: 'the wrong order, as a control: a write deletes the key, then commits',
  allows: [
    ...cacheAside.allows.filter((anomaly) => anomaly !== 'crash-before-invalidation'),
    'fill-before-commit',
  ],
  refuses: ({ fence }) =>
    fence === 'version' ? 'A delete before the commit has no version to fence with.' : null,
  decisions: () => ({
    async write(write, steps) {
      await steps.invalidateAhead(write.expected);
      return (await write.store()).result;
    },
  }),
};
