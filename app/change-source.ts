import type { Logger } from 'pino';
import { createWallClock } from './clock.ts';
import type { CacheObserver } from './cache/cache-events.ts';
import type { InvalidationListener, InvalidationSource } from './cache/sources/invalidation-source.ts';
import { makeKey } from './cache/keys.ts';
import { rowKeys } from './contract/entities.ts';
import type { Config } from './config.ts';
import { createChangeStream } from './storage/logical-replication.ts';
import { slotNameOf } from './storage/replication-slot.ts';

/** Makes of storage's stream of changes what tells a cache of writes. */
export function changeSourceOf(
  { databaseUrl, replica }: Pick<Config, 'databaseUrl' | 'replica'>,
  observe: CacheObserver,
  runInBackground: (name: string, task: Promise<unknown>) => void,
  logger: Pick<Logger, 'warn'>,
): (listener: InvalidationListener) => InvalidationSource {
  const wallClock = createWallClock();
  return (listener) => {
    const stream = createChangeStream({
      databaseUrl,
      slotName: slotNameOf(databaseUrl, replica),
      onReaped: (slots) => logger.warn({ slots }, 'dropped replication slots of replicas that are gone'),
      rowKeys,
      runInBackground,
      listener: {
        async onChange(entityName, id, version, committedAtMs) {
          const lagMs = Math.max(0, wallClock.now() - committedAtMs);
          observe.happened({ type: 'invalidation', name: entityName, outcome: 'received', lagMs });
          return listener.onChange(makeKey(entityName, id), version);
        },
        onDelivery(change) {
          observe.happened({ type: 'delivery', change });
          listener.onDelivery(change);
        },
      },
    });
    return { sender: null, start: stream.start, stop: stream.stop };
  };
}
