import type { Queries } from '../../storage/statement.ts';
import type { Counted, CounterKey, CounterMode } from '../counter.ts';
import { exactCount } from '../exact-count.ts';
import type { EventLog } from './event-log.ts';

/** Every read sums the log from its beginning. */
export function createRawLogMode(log: EventLog): CounterMode {
  const getMany = async (keys: readonly CounterKey[], queries?: Queries): Promise<readonly Counted[]> => {
    const sums = await log.sumSince(
      keys.map((key) => ({ ...key, base: '0', fromMs: null })),
      queries,
    );
    return sums.map(({ count }) => ({ count: exactCount(count), rolledUpToMs: null }));
  };
  return {
    write: log.append,
    async writeAndGet(key, event, queries) {
      await log.append(key, event, queries);
      const [counted] = await getMany([key], queries);
      return counted ?? { count: 0, rolledUpToMs: null };
    },
    getMany: (keys) => getMany(keys),
  };
}
