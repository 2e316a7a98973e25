import type { Clock } from '../../clock.ts';
import type { StoredIn } from '../cache.ts';
import type { CacheObserver } from '../cache-events.ts';
import type { Entry, Loaded } from '../entry.ts';
import type { Fence } from '../fences/fence.ts';
import { jitteredTtlMs, lifetimeMsOf } from './lifetimes.ts';
import type { Lifetimes } from './lifetimes.ts';
import type { Flight } from './single-flight.ts';
import type { AnyEntity, Found, Lookup, ReadDecisions } from '../strategy.ts';
import { noFill } from '../tier-stack.ts';

/** A key that memory could not answer, with the flight that others join, and what memory had that was no longer good enough. */
export type Miss = Lookup & {
  readonly flight: Flight<Found> | undefined;
  readonly rejectedEntry: Entry | undefined;
};

/** What storage answered, and when, on the service's clock. */
export type Loading = {
  readonly rows: ReadonlyMap<string | number, Loaded<unknown>>;
  readonly startedAtMs: number;
  readonly loadMs: number;
};

/** Asking storage, and keeping what it says. */
export type Loads = {
  /** Asks once for all of them. Rejects when storage fails. */
  ask(entity: AnyEntity, lookups: readonly Lookup[]): Promise<Loading>;
  /** The entry that a load gives; undefined where storage has no row and that is not remembered. */
  entryOf(lookup: Lookup, loading: Loading): Entry | undefined;
  /** Fills what was loaded, and answers with it. */
  keep(miss: Miss, loading: Loading): Promise<Kept>;
  one(miss: Miss): Promise<Kept>;
};

/** An answered load. `isKept`: all tiers have taken the row that it brought. */
export type Kept = Found & { readonly isKept: boolean };

export type LoadParts = {
  readonly candidate: Lifetimes;
  readonly clock: Clock;
  readonly observe: CacheObserver;
  /** From 0 to 1; for the jitter of lifetimes. */
  readonly random: () => number;
};

export function createLoads(parts: LoadParts, fence: Fence, decisions: ReadDecisions): Loads {
  const { candidate, clock, observe, random } = parts;
  const ttlMs = (entity: AnyEntity): number => {
    const jitter = entity.lifetime?.ttlJitter ?? candidate.ttlJitter;
    return jitteredTtlMs(lifetimeMsOf(entity, candidate.ttlMs), jitter, random);
  };

  const ask: Loads['ask'] = async (entity, lookups) => {
    const { name } = entity;
    const startedAtMs = clock.now();
    const measuredFromMs = performance.now();
    let isFailed = true;
    observe.happened({ type: 'loading', name });
    try {
      const rows = await entity.loadMany(lookups.map(({ id }) => id));
      isFailed = false;
      return { rows, startedAtMs, loadMs: clock.now() - startedAtMs };
    } finally {
      const durationMs = performance.now() - measuredFromMs;
      observe.happened({ type: 'loaded', name, keys: lookups.length, durationMs, isFailed });
    }
  };
  const entryOf: Loads['entryOf'] = ({ entity, id }, { rows, loadMs }) => {
    const loaded = rows.get(id);
    const nowMs = clock.now();
    if (loaded === undefined) {
      const freshUntil = nowMs + candidate.negativeTtlMs;
      const isKept = candidate.negativeTtlMs > 0;
      return isKept ? { ...absent, freshUntil, staleUntil: freshUntil, loadMs } : undefined;
    }
    const { value, version } = loaded;
    const freshUntil = nowMs + ttlMs(entity);
    return {
      value,
      version,
      freshUntil,
      staleUntil: freshUntil + decisions.staleMs,
      loadMs,
      isAbsent: false,
    };
  };
  const keep: Loads['keep'] = async (miss, loading) => {
    const entry = entryOf(miss, loading);
    const { isAccepted, storedIn } =
      entry === undefined
        ? noFill
        : await fence.fill(miss.key, entry, loading.startedAtMs, miss.flight?.isForgotten === true);
    return { ...loadedAs(entry, 'load', storedIn), isKept: isAccepted && entry?.isAbsent === false };
  };
  return {
    ask,
    entryOf,
    keep,
    one: async (miss) => keep(miss, await ask(miss.entity, [miss])),
  };
}

const absent = { value: undefined, version: 0, isAbsent: true } as const;

/** The answer of a load, or of another replica's that was waited for. */
export function loadedAs(
  entry: Entry | undefined,
  outcome: 'load' | 'joined-load',
  storedIn: StoredIn = 'none',
): Found {
  if (entry === undefined || entry.isAbsent) return { outcome, read: undefined };
  const { value, version, freshUntil } = entry;
  return { outcome, read: { value, version, outcome, freshUntil, storedIn } };
}
