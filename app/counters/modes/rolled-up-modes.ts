import type { Queries } from '../../storage/statement.ts';
import type { Counted, CounterKey, CounterMode } from '../counter.ts';
import { exactCount } from '../exact-count.ts';
import type { RollupAnnouncer } from '../rollup-announcer.ts';
import type { ReadRollups } from '../rollup-reader.ts';
import type { Rollup } from '../rollup-store.ts';
import type { EventLog } from './event-log.ts';

export type RolledUpParts = {
  readonly log: EventLog;
  readonly readRollups: ReadRollups;
  readonly announcer: RollupAnnouncer;
};

const zero: Rollup = { count: '0', rollupMs: 0 };
/** 0: nothing was. */
const toMs = ({ rollupMs }: Rollup): number | null => (rollupMs === 0 ? null : rollupMs);
const countedOf = (rollup: Rollup): Counted => ({
  count: exactCount(rollup.count),
  rolledUpToMs: toMs(rollup),
});

/** Reads answer with the last rollup: late, never wrong in the end. Each of them is a hint to the workers, which finds what was missed. */
export function createEventualMode({ log, readRollups, announcer }: RolledUpParts): CounterMode {
  const getMany = async (keys: readonly CounterKey[]): Promise<readonly Counted[]> => {
    const rollups = await readRollups(keys);
    announcer.announce(keys);
    return rollups.map(countedOf);
  };
  return {
    async write(key, event, queries) {
      await log.append(key, event, queries);
      // Nobody else sees it before the caller's commit.
      if (queries === undefined) announcer.announce([key]);
    },
    committed: (key) => announcer.announce([key]),
    /** The last rollup and this event: what others have added since is not in it. */
    async writeAndGet(key, event, queries) {
      await log.append(key, event, queries);
      const [counted = countedOf(zero)] = await getMany([key]);
      const { count, rolledUpToMs } = counted;
      if (rolledUpToMs !== null && rolledUpToMs >= event.timeMs) return counted;
      return { count: event.isClear ? 0 : exactCount(String(count + event.delta)), rolledUpToMs };
    },
    getMany,
  };
}

/** Reads add the events since the last rollup: the longer that is ago, the more they read. */
export function createAccurateMode({ log, readRollups, announcer }: RolledUpParts): CounterMode {
  const getMany = async (keys: readonly CounterKey[], queries?: Queries): Promise<readonly Counted[]> => {
    const rollups = await readRollups(keys);
    const since = keys.map((key, index) => {
      const rollup = rollups[index] ?? zero;
      return { ...key, base: rollup.count, fromMs: toMs(rollup) };
    });
    const sums = await log.sumSince(since, queries);
    announcer.announce(keys);
    return sums.map(({ count }, index) => ({
      count: exactCount(count),
      rolledUpToMs: since[index]?.fromMs ?? null,
    }));
  };
  return {
    async write(key, event, queries) {
      await log.append(key, event, queries);
      // Nobody else sees it before the caller's commit.
      if (queries === undefined) announcer.announce([key]);
    },
    committed: (key) => announcer.announce([key]),
    async writeAndGet(key, event, queries) {
      await log.append(key, event, queries);
      const [counted = countedOf(zero)] = await getMany([key], queries);
      return counted;
    },
    getMany: (keys) => getMany(keys),
  };
}
