import { invalidateAll } from '../invalidate-all.ts';
import { createReadPath } from '../read-path.ts';
import type { StrategyDefinition } from '../strategy.ts';

/**
 * **versioned**: cache-aside in which every fill is fenced by the version that storage gave the row (compare-and-set, in
 * memory and, by a script, in Redis). A write commits, then leaves a tombstone with its version; a slower load of an older
 * version is refused, in whatever order things arrive (Uber's CacheFront does the same with row timestamps,
 * https://www.uber.com/en-IN/blog/how-uber-serves-over-150-million-reads). The bus numbers its messages: a gap or a cut
 * flushes the memory tier. The price is a script instead of a plain SET per fill and per delete, nothing on a hit. An
 * invalidation that Redis does not take still leaves the old entry there until its TTL ends.
 */
export const versioned: StrategyDefinition = {
  name: 'versioned',
  summary: 'cache-aside with fills fenced by row version; a gap on the bus flushes memory',
  usesTiers: true,
  defaultProtection: 'single-flight',
  allows: ['failed-invalidation'],
  promote: (near, key, entry, startedAtMs) => near.setFenced(key, entry, startedAtMs),
  create(context) {
    const { tiers, flights } = context;
    // An overtaken load may fill too: it can hold the newest version, and the fence knows whether it does.
    const path = createReadPath(context, (key, entry, startedAtMs) =>
      tiers.setFenced(key, entry, startedAtMs),
    );
    return {
      read: path.read,
      readMany: path.readMany,
      async write(write) {
        const { result, changed } = await write.store();
        await invalidateAll(context, changed, (key, version) => tiers.deleteFenced(key, version));
        return result;
      },
      onInvalidation(key, version) {
        flights?.forget(key);
        void tiers.near?.deleteFenced(key, version);
      },
      onUnsure(what) {
        flights?.forgetAll();
        if (what === 'gap') tiers.near?.flush();
        if (what === 'cut') tiers.near?.suspend();
        if (what === 'back') tiers.near?.resume();
      },
    };
  },
};
