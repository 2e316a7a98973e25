import type { Clock } from '../../clock.ts';
import type { RunInBackground } from '../background-work.ts';
import type { StoredIn } from '../cache.ts';
import type { Entry } from '../entry.ts';
import type { Fence } from '../fences/fence.ts';
import { createLeasedLoads } from './leased-loads.ts';
import type { LeasedLoadParts } from './leased-loads.ts';
import { createPlainLoads } from './plain-loads.ts';
import { boundByOwnClock, longestLifetimeMs } from './lifetimes.ts';
import { createLoads } from './loads.ts';
import type { Kept, LoadParts, Miss } from './loads.ts';
import type { DueEntry, Refresher } from './refresher.ts';
import type { AnyEntity, Found, ReadDecisions } from '../strategy.ts';
import type { LeaseTable } from '../tiers/tier.ts';
import type { TierHit } from '../tiers/tier.ts';

/** Reads that memory could not answer: the tiers behind it, then storage, then the fill. */
export type SharedReads = {
  one(miss: Miss): Promise<Found>;
  /** In the order of `misses`. A key that redis has does not wait for those that storage is asked for, nor fail with them. */
  many(entity: AnyEntity, misses: readonly Miss[]): Promise<readonly Promise<Found>[]>;
  /** Loads and fills without asking a tier. Resolves to whether all tiers have what it brought. */
  reload(miss: Miss): Promise<Kept>;
};

type DueMiss = DueEntry & { readonly flight: Miss['flight'] };

export type SharedReadParts = LoadParts &
  LeasedLoadParts & {
    /** Null: loads are not joined across replicas. */
    readonly leases: LeaseTable | null;
    readonly runInBackground: RunInBackground;
  };

/** `refresh` asks for loads of entries behind the answers that they give. */
export function createSharedReads(
  parts: SharedReadParts,
  fence: Fence,
  decisions: ReadDecisions,
  refresh: Refresher['start'],
): SharedReads {
  const { tiers, clock, leases, candidate } = parts;
  const loads = createLoads(parts, fence, decisions);
  const { one, many } =
    leases === null ? createPlainLoads(loads, decisions) : createLeasedLoads(parts, leases, loads, fence);

  /** The answer that redis's entry gives; undefined where it gives none. Notes an entry that is to be refreshed. */
  const answerFrom = (
    miss: Miss,
    hit: TierHit | undefined,
    startedAtMs: number,
    due: DueMiss[],
  ): Found | undefined => {
    if (hit === undefined) return undefined;
    const nowMs = clock.now();
    const lifetimeMs = longestLifetimeMs(candidate, miss.entity, hit.entry.isAbsent);
    const entry = boundByOwnClock(hit.entry, nowMs, lifetimeMs);
    if (miss.rejectedEntry !== undefined && isKnown(hit.entry, entry, miss.rejectedEntry)) return undefined;
    const decision = decisions.decide(entry, nowMs, miss);
    if (decision === 'load') return undefined;
    const isLocal = fence.fillLocal(miss.key, entry, startedAtMs, miss.flight?.isForgotten === true);
    if (decision === 'serve-and-refresh') due.push({ lookup: miss, entry, flight: miss.flight });
    return foundIn(entry, 'shared', nowMs, isLocal ? 'local' : 'none');
  };
  /** A key has one flight at a time: a refresh begins when those of its readers have landed. */
  const refreshBehind = (entity: AnyEntity, due: readonly DueMiss[]): void => {
    if (due.length === 0) return;
    const landed = Promise.allSettled(due.map(async ({ flight }) => flight?.result));
    parts.runInBackground(
      'refresh',
      landed.then(() => refresh(entity, due)),
    );
  };

  return {
    async one(miss) {
      const startedAtMs = clock.now();
      const hit = await tiers.shared?.get(miss.key);
      const due: DueMiss[] = [];
      const answer = answerFrom(miss, hit, startedAtMs, due);
      refreshBehind(miss.entity, due);
      return answer ?? loaded(clock, decisions, miss, hit, one(miss, hit?.entry));
    },
    async many(entity, misses) {
      const startedAtMs = clock.now();
      const hits = (await tiers.shared?.getMany(misses.map(({ key }) => key))) ?? [];
      const due: DueMiss[] = [];
      const answers = misses.map((miss, index) => answerFrom(miss, hits[index], startedAtMs, due));
      refreshBehind(entity, due);
      const toLoad = misses.flatMap((miss, index) =>
        answers[index] === undefined ? [{ miss, hit: hits[index], index }] : [],
      );
      const loads = many(
        entity,
        toLoad.map(({ miss }) => miss),
        toLoad.map(({ hit }) => hit?.entry),
      );
      const found = answers.map((answer) => Promise.resolve(answer as Found));
      for (const [order, { miss, hit, index }] of toLoad.entries())
        found[index] = loaded(clock, decisions, miss, hit, loads[order] as Promise<Found>);
      return found;
    },
    reload: leases === null ? loads.one : async (miss) => ({ ...(await one(miss, undefined)), isKept: true }),
  };
}

/**
 * Whether the stored entry is no newer than the one that memory had and that was not good enough. Where the clock
 * that filled the stored entry is ahead of this one, times cannot be compared, and the versions decide.
 */
function isKnown(stored: Entry, bound: Entry, rejectedEntry: Entry): boolean {
  const isDated = stored === bound;
  return isDated ? stored.freshUntil <= rejectedEntry.freshUntil : stored.version <= rejectedEntry.version;
}

/** What the load brings; when it fails, what is at hand may stand in for it. */
async function loaded(
  clock: Clock,
  { mayServeOnError }: ReadDecisions,
  { rejectedEntry, flight, key }: Miss,
  hit: TierHit | undefined,
  load: Promise<Found>,
): Promise<Found> {
  try {
    return await load;
  } catch (error) {
    const nowMs = clock.now();
    const entry = [hit?.entry, rejectedEntry].find(
      (held) => held !== undefined && mayServeOnError(held, nowMs, { key, error }),
    );
    // What a write has removed meanwhile is wrong, not just old.
    if (entry === undefined || flight?.isForgotten === true) throw error;
    return foundIn(entry, entry === rejectedEntry ? 'local' : 'shared', nowMs);
  }
}

/** What an entry answers, from where it was. */
export function foundIn(
  entry: Entry,
  tier: 'local' | 'shared',
  nowMs: number,
  storedIn: StoredIn = 'none',
): Found {
  const outcome = nowMs < entry.freshUntil ? (`${tier}-hit` as const) : (`${tier}-stale-hit` as const);
  if (entry.isAbsent) return { outcome, read: undefined };
  const { value, version, freshUntil } = entry;
  return { outcome, read: { value, version, outcome, freshUntil, storedIn } };
}
