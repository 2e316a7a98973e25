import type { CacheSettings } from '../cache/settings/cache-axes.ts';
import { policiesOf } from './system.ts';
import type { ClassValues } from './system.ts';

/** The settings of the cache, with the longest lifetime that any class has as that of all: for what must outlive every entry. */
export function withLongestLifetime({
  cache,
  classes,
}: {
  readonly cache: CacheSettings;
  readonly classes: ClassValues;
}): CacheSettings {
  const lifetimes = [...policiesOf(classes).values()].map(({ ttlMs = 0 }) => ttlMs);
  return { ...cache, ttlMs: Math.max(cache.ttlMs, ...lifetimes) };
}
