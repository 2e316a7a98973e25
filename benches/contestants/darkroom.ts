import { createBackgroundTasks } from '../../app/background-tasks.ts';
import type { CachedEntity } from '../../app/cache/cache.ts';
import { createCache } from '../../app/cache/create-cache.ts';
import { parseCandidate } from '../../app/candidates/parse-candidate.ts';
import { tierNamesOf } from '../../app/cache/tiers/index.ts';
import { createStoppableClock, createSystemClock } from '../../app/clock.ts';
import { createTelemetry } from '../../app/observability/telemetry.ts';
import type { Photo } from '../../app/photos/photo-store.ts';
import { randomAt } from '../../loadtests/workloads/counter-random.ts';
import type { OpenCache } from './contestant.ts';

/** Darkroom's cache as the service makes it, for one candidate, with the service's metrics or with nobody listening. */
export function openDarkroom(candidateText: string, hasMetrics: boolean): OpenCache {
  return async ({ redisUrl: url, keyPrefix, sender, load }) => {
    const candidate = parseCandidate(candidateText).cache;
    const telemetry = createTelemetry({
      strategy: candidate.strategy,
      tiers: tierNamesOf(candidate.tiers),
      candidate: candidateText,
      replica: sender,
      mode: hasMetrics ? 'metrics' : 'off',
      tracing: null,
    });
    let draws = 0;
    const cache = await createCache({
      candidate,
      redis: { url, keyPrefix },
      sender,
      clock: createStoppableClock(createSystemClock()),
      random: () => randomAt(1, 0, 0, (draws += 1)),
      observe: telemetry.cache,
      runInBackground: createBackgroundTasks(() => {}).run,
      redisExpirySlackMs: 0,
      createChangeStream: () => ({ sender: null, start: async () => {}, stop: async () => {} }),
    });
    const versions = new Map<number, number>();
    const versionOf = (id: number): number => versions.get(id) ?? 1;
    const loadMany = async (ids: readonly number[]) => {
      const loads = ids.map(async (id) => [id, { value: await load(id), version: versionOf(id) }] as const);
      return new Map(await Promise.all(loads));
    };
    const photos: CachedEntity<number, Photo> = cache.register({
      name: 'photo',
      freshness: 'versioned',
      loadMany,
    });
    const read = (id: number) => {
      const found = cache.read(photos, id);
      return found instanceof Promise ? found.then((late) => late?.value) : found?.value;
    };
    const write = (id: number) => {
      versions.set(id, versionOf(id) + 1);
      const changed = [{ entity: photos, id, version: versionOf(id) }];
      return cache.write({
        store: async () => ({ result: null, changed }),
        expected: [{ entity: photos, id }],
      });
    };
    return {
      read,
      get: read,
      readMany: async (ids) => (await cache.readMany(photos, ids)).map((found) => found?.value),
      remove: write,
      close: () => cache.close(),
    };
  };
}
