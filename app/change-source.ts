import { createWallClock } from './clock.ts';
import type { CacheObserver } from './cache/cache-events.ts';
import type { InvalidationListener, InvalidationSource } from './cache/invalidation/invalidation-source.ts';
import { makeKey } from './cache/keys.ts';
import { rowKeys } from './cached-entities.ts';
import type { Config } from './config.ts';
import { createChangeStream } from './storage/logical-replication.ts';
import { slotNameOf } from './storage/slot-name.ts';

/** Storage's stream of changes, as what tells a cache of writes. */
export function createChangeSource(
  config: Pick<Config, 'databaseUrl' | 'replica'>,
  listener: InvalidationListener,
  observe: CacheObserver,
  runInBackground: (name: string, task: Promise<unknown>) => void,
  onReaped: (slotNames: readonly string[]) => void,
): InvalidationSource {
  const wallClock = createWallClock();
  const stream = createChangeStream({
    databaseUrl: config.databaseUrl,
    slotName: slotNameOf(config.databaseUrl, config.replica),
    onReaped,
    rowKeys,
    runInBackground,
    listener: {
      async onChange(entityName, id, version, committedAtMs) {
        const lagMs = Math.max(0, wallClock.now() - committedAtMs);
        observe.happened({ type: 'invalidation', name: entityName, outcome: 'received', lagMs });
        return listener.onChange(makeKey(entityName, id), version);
      },
      onUnsure(what) {
        observe.happened({ type: 'bus-unsure', reason: what });
        listener.onUnsure(what);
      },
    },
  });
  return { sender: null, start: stream.start, stop: stream.stop };
}
