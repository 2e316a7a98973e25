import type { Entry } from '../entry.ts';
import { entityNameOf } from '../keys.ts';
import { createEntryStore } from './memory/entry-store.ts';
import { createTombstones } from './memory/tombstones.ts';
import type { LocalHit, LocalTier, LocalTierDefinition, LocalTierParts } from './tier.ts';

const name = 'memory';

/** Entries bounded in bytes. The service's clock says what is past its time. */
export function createMemoryTier({ settings, clock, observe }: LocalTierParts): LocalTier {
  const entries = createEntryStore(settings, (key) => tellEvicted(key, 'size'));
  const tombstones = createTombstones(clock);
  let isSuspended = false;

  function tellEvicted(key: string, reason: 'size' | 'ttl'): void {
    observe.happened({ type: 'evicted', name: entityNameOf(key), tier: name, reason, count: 1 });
  }

  const get = (key: string, nowMs = clock.now()): LocalHit | undefined => {
    const hit = entries.get(key);
    if (hit === undefined || nowMs < hit.staleUntil) return hit;
    entries.delete(key);
    tellEvicted(key, 'ttl');
    return undefined;
  };
  const set = (key: string, entry: Entry): boolean => {
    if (!isSuspended) entries.set(key, entry);
    return true;
  };
  const fenceOf = (key: string): number =>
    Math.max(entries.peek(key)?.entry.version ?? 0, tombstones.versionOf(key));
  const flush = (): void => {
    for (const [entity, count] of countByEntity(entries.keys()))
      observe.happened({ type: 'evicted', name: entity, tier: name, reason: 'flush', count });
    entries.clear();
    tombstones.distrustEarlierReads();
  };

  return {
    get,
    getMany: (keys) => keys.map((key) => get(key)),
    set,
    setFenced(key, entry, startedAtMs) {
      if (tombstones.mayHaveMissed(startedAtMs) || entry.version < fenceOf(key)) {
        observe.happened({ type: 'fill-rejected', name: entityNameOf(key), tier: name });
        return false;
      }
      return set(key, entry);
    },
    delete(key) {
      entries.delete(key);
      return true;
    },
    deleteFenced(key, version) {
      if ((entries.peek(key)?.entry.version ?? -1) < version) entries.delete(key);
      tombstones.bury(key, version);
      return true;
    },
    holds: (key, entry) => entries.peek(key)?.entry === entry,
    flush,
    suspend() {
      flush();
      isSuspended = true;
    },
    resume() {
      flush();
      isSuspended = false;
    },
    usage: () => ({ tier: name, capacityBytes: settings.memoryBytes, ...entries.usage() }),
    close: async () => entries.clear(),
  };
}

function countByEntity(keys: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(entityNameOf(key), (counts.get(entityNameOf(key)) ?? 0) + 1);
  return counts;
}

/** Memory of the process: nothing is faster, and no other replica can clear it. */
export const memory: LocalTierDefinition = {
  name,
  column: 'mem',
  isShared: false,
  parameters: { memory: 'bounds the memory tier', eviction: 'is of the memory tier' },
  create: createMemoryTier,
};
