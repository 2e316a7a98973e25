import { createHash } from 'node:crypto';
import { createWallClock } from './clock.ts';
import type { CacheObserver } from './cache/cache-events.ts';
import type { InvalidationListener, InvalidationSource } from './cache/invalidation/invalidation-source.ts';
import { makeKey } from './cache/keys.ts';
import { rowKeys } from './cached-entities.ts';
import type { Config } from './config.ts';
import { createChangeStream } from './storage/logical-replication.ts';

/** Names of slots are shared by all databases of a server, and take lower case, digits and underscores. */
function slotNameOf({ databaseUrl, replica }: Pick<Config, 'databaseUrl' | 'replica'>): string {
  const { pathname } = new URL(databaseUrl);
  const unique = createHash('sha256').update(`${pathname} ${replica}`).digest('hex').slice(0, 16);
  const readable = replica.toLowerCase().replaceAll(/[^a-z0-9]/g, '_');
  return `darkroom_${readable.slice(0, 32)}_${unique}`;
}

/** Storage's stream of changes, as what tells a cache of writes. */
export function createChangeSource(
  config: Pick<Config, 'databaseUrl' | 'replica'>,
  listener: InvalidationListener,
  observe: CacheObserver,
  runInBackground: (name: string, task: Promise<unknown>) => void,
): InvalidationSource {
  const wallClock = createWallClock();
  const stream = createChangeStream({
    databaseUrl: config.databaseUrl,
    slotName: slotNameOf(config),
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
