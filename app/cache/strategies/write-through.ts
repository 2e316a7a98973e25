import type { TieredDefinition } from '../strategy.ts';
import { cacheAside } from './cache-aside.ts';

/**
 * **write-through**: a write is done when storage and cache both have it
 * ([Coherence](https://docs.oracle.com/cd/E18686_01/coh.37/e18680/readthrough.htm)). After the commit the changed rows are
 * loaded and filled, so that the writer and everyone after finds them: no miss follows a write. Each write costs a load and a
 * fill, read or not, and waits for them. Two writers may fill in the opposite order of their commits; `fence=version` forbids
 * that.
 */
export const writeThrough: TieredDefinition = {
  ...cacheAside,
  name: 'write-through',
  summary: 'a write commits, loads what it changed and fills it; no miss follows',
  defaults: { protection: 'single-flight' },
  decisions: () => ({
    async write(write, steps) {
      const { result, changed } = await write.store();
      await steps.refill(changed);
      return result;
    },
  }),
};
