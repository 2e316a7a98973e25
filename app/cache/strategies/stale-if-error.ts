import { createLoadPauses } from '../reads/load-pauses.ts';
import { storeThenInvalidate } from '../strategy.ts';
import type { TieredDefinition } from '../strategy.ts';
import { readThrough } from './read-through.ts';

/**
 * **stale-if-error**: when a load fails, the expired entry answers in its place, for a bounded time
 * ([RFC 5861, section 4](https://www.rfc-editor.org/rfc/rfc5861#section-4)). A storage that is down for less than `stale` is
 * not seen by those who read what is cached; for a second after a failure nobody waits for another one: of any key when it
 * says that storage is away, else of the key that failed. It hides the outage: watch the stale hits. What a write has
 * invalidated is gone and never served. An outage of PostgreSQL is hidden for as long as a replica knows who may see what, 9 s
 * unless `DARKROOM_RIGHTS_LEASE_MS` says otherwise: then it refuses whatever it has
 * ([decision 28](decisions/0028-rights-are-known-or-refused.md)), and a longer `stale` is of use where loads fail for other reasons.
 */
export const staleIfError: TieredDefinition = {
  ...readThrough,
  name: 'stale-if-error',
  summary: 'an expired entry answers when its load fails, for a bounded time',
  parameters: ['stale'],
  decisions({ candidate }) {
    const pauses = createLoadPauses();
    return {
      decide(entry, nowMs, { key }) {
        const mayBeStale = nowMs < entry.staleUntil && pauses.isPaused(key, nowMs);
        return nowMs < entry.freshUntil || mayBeStale ? 'serve' : 'load';
      },
      mayServeOnError(entry, nowMs, { key, error }) {
        pauses.failed(key, error, nowMs);
        return nowMs < entry.staleUntil;
      },
      staleMs: candidate.staleMs,
      write: storeThenInvalidate,
    };
  },
};
