import type { Clock } from '../clock.ts';
import type { Storage } from '../storage/postgres.ts';
import { countApart, countInRows } from './counted-changes-service.ts';
import type { CountedChanges } from './counted-changes-service.ts';
import type { CounterRedis } from './counter-redis.ts';
import type { CounterService } from './counter-service.ts';
import { createCountsOnTop } from './counts-on-top-service.ts';
import type { CountsOnTop } from './counts-on-top-service.ts';
import { createOwnLikes } from './own-likes.ts';
import type { CounterModeName } from './system.ts';

/** How the photo service counts likes, followers and views. */
export type PhotoCounts = {
  readonly changes: CountedChanges;
  /** Null: all that is counted is in the rows. */
  readonly onTop: CountsOnTop | null;
};

export type PhotoCountsParts = {
  readonly mode: CounterModeName;
  readonly counters: CounterService;
  /** Null: the mode needs none. */
  readonly redis: CounterRedis | null;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly runInBackground: (name: string, work: Promise<unknown>) => void;
};

export function createPhotoCounts(parts: PhotoCountsParts): PhotoCounts {
  const { mode, counters, redis, storage, clock, runInBackground } = parts;
  if (mode === 'row') return { changes: countInRows(storage), onTop: null };
  // All other modes have the own like in what they read: it is there when it is answered, or what is read says nothing of when.
  const ownLikes =
    mode === 'eventual' && redis !== null ? createOwnLikes({ redis, clock, runInBackground }) : null;
  const countsInCommit = mode !== 'best-effort' && mode !== 'flush';
  const areViewsCounted = counters.namespaceOf('views').mode === 'best-effort';
  return {
    changes: countApart({ storage, counters, countsInCommit, ownLikes }),
    onTop: createCountsOnTop({ counters, ownLikes, areViewsCounted }),
  };
}
