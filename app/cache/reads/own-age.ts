import type { Entry } from '../entry.ts';

/**
 * An entry that another replica has filled, bounded by this one's clock: from now on it is fresh for no longer than a new one
 * would be. Times in an entry are those of the clock that filled it; where that one is a minute ahead, they would otherwise
 * hold for a minute longer than they should.
 */
export function boundByOwnClock(entry: Entry, nowMs: number, lifetimeMs: number): Entry {
  const excessMs = entry.freshUntil - (nowMs + lifetimeMs);
  if (excessMs <= 0) return entry;
  return {
    ...entry,
    freshUntil: entry.freshUntil - excessMs,
    staleUntil: entry.staleUntil - excessMs,
  };
}
