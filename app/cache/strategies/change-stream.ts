import type { TieredDefinition } from '../strategy.ts';
import { cacheAside } from './cache-aside.ts';

/**
 * **change-stream**: a write only commits; every replica reads PostgreSQL's log of changes and invalidates what it names
 * ([logical replication](https://www.postgresql.org/docs/current/logical-replication.html); Facebook's mcsqueal, section 4.1
 * of [Scaling Memcache](https://www.usenix.org/conference/nsdi13/technical-sessions/presentation/nishtala), works so). No
 * commit goes unseen: not that of a process that dies right after it, nor one by hand in psql. It comes late, by the time of
 * the stream, so a writer may still read the old value; and the log is kept for a replica that is away.
 */
export const changeStream: TieredDefinition = {
  ...cacheAside,
  name: 'change-stream',
  summary: "a write only commits; PostgreSQL's log of changes invalidates",
  defaults: { protection: 'single-flight', invalidation: 'change-stream', fence: 'version' },
  allows: ['late-invalidation'],
  refuses({ invalidation, fence }) {
    if (invalidation !== 'change-stream')
      return 'change-stream is the strategy whose writes leave that to the stream.';
    return fence === 'version' ? null : 'change-stream needs fence=version: its messages come late.';
  },
  decisions: () => ({ write: async (write) => (await write.store()).result }),
};
