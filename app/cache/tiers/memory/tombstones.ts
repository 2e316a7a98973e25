import type { Clock } from '../../../clock.ts';
import { tombstoneMs } from '../tier.ts';

/** Tombstones kept at once. When one has to go early, fills whose reads began before it are refused instead. */
const tombstonesMax = 100_000;

/** What invalidations have said about keys that a read under way may still fill with something older. */
export type Tombstones = {
  /** The version that a fill of `key` must have at least; 0 where nothing was said. */
  versionOf(key: string): number;
  bury(key: string, version: number): void;
  /** Whether a read that began then may have missed an invalidation that is no longer remembered. */
  mayHaveMissed(startedAtMs: number): boolean;
  /** Invalidations may have been lost: no read that began before now is believed. */
  distrustEarlierReads(): void;
};

export function createTombstones(clock: Clock): Tombstones {
  /** Oldest first. */
  const buried = new Map<string, { readonly version: number; readonly atMs: number }>();
  let distrustUntilMs = Number.NEGATIVE_INFINITY;

  const prune = (): void => {
    for (const [key, { atMs }] of buried) {
      // Reads from before it are refused for their age by now.
      const isSpent = clock.now() - atMs >= tombstoneMs;
      if (!isSpent && buried.size <= tombstonesMax) return;
      if (!isSpent) distrustUntilMs = Math.max(distrustUntilMs, atMs);
      buried.delete(key);
    }
  };

  return {
    versionOf: (key) => buried.get(key)?.version ?? 0,
    bury(key, version) {
      if (version < (buried.get(key)?.version ?? 0)) return;
      buried.delete(key);
      buried.set(key, { version, atMs: clock.now() });
      prune();
    },
    mayHaveMissed: (startedAtMs) =>
      startedAtMs <= distrustUntilMs || clock.now() - startedAtMs >= tombstoneMs,
    distrustEarlierReads() {
      distrustUntilMs = clock.now();
    },
  };
}
