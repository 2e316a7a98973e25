import type { Clock } from '../../clock.ts';
import type { CacheObserver } from '../cache-events.ts';
import type { CacheSettings } from '../settings/cache-axes.ts';
import type { Entry } from '../entry.ts';
import type { Fence } from '../fences/fence.ts';
import { invalidationKinds } from '../invalidation/index.ts';
import type { LeaseAnswer, LeaseTable } from '../tiers/tier.ts';
import type { TierStack } from '../tier-stack.ts';
import { loadedAs } from './loads.ts';
import type { Loading, Loads, Miss } from './loads.ts';
import type { AnyEntity, Found } from '../strategy.ts';

/** The first wait for another replica's load; each further one is twice as long, up to the last. */
const firstWaitMs = 4;
const longestWaitMs = 64;
/** Two and a half seconds in all: as long as storage may take. Then the reader loads for itself and fills nothing. */
const waitsMax = 42;

/** Whether it falls to this replica to load. */
const isOwnLoad = (answer: LeaseAnswer | undefined) =>
  answer?.kind === 'granted' || answer?.kind === 'unavailable';

const nothing: Loading = { rows: new Map(), startedAtMs: 0, loadMs: 0 };

/** Loads that only the holder of a lease makes; a reader who asks later waits for its entry. */
export type LeasedLoads = {
  /** `held` is what redis had that was no longer good enough. */
  one(miss: Miss, held: Entry | undefined): Promise<Found>;
  /** In the order of `misses`. The keys that it falls to this replica to load are loaded together. */
  many(
    entity: AnyEntity,
    misses: readonly Miss[],
    held: readonly (Entry | undefined)[],
  ): readonly Promise<Found>[];
};

/** What becomes of a load: `withToken` fills as the lease allows. */
type LeasedFills = {
  withToken(miss: Miss, token: string, loading: Promise<Loading>): Promise<Found>;
  /** Without a lease nothing would refuse a late fill of redis; memory knows what has overtaken it. */
  unleased(miss: Miss, loading: Promise<Loading>): Promise<Found>;
};

function createLeasedFills(
  { candidate }: Pick<LeasedLoadParts, 'candidate'>,
  leases: LeaseTable,
  loads: Loads,
  fence: Fence,
): LeasedFills {
  const fillLocal = (miss: Miss, entry: Entry, { startedAtMs }: Loading): boolean => {
    if (!invalidationKinds[candidate.invalidation].watchesOwnFills) return false;
    return fence.fillLocal(miss.key, entry, startedAtMs, miss.flight?.isForgotten === true);
  };
  return {
    async withToken(miss, token, loading) {
      const loaded = await loading.catch(async (error: unknown) => {
        await leases.release(miss.key, token);
        throw error;
      });
      const entry = loads.entryOf(miss, loaded);
      if (entry === undefined) await leases.release(miss.key, token);
      if (entry === undefined || !(await leases.fill(miss.key, entry, token))) return loadedAs(entry, 'load');
      return loadedAs(entry, 'load', fillLocal(miss, entry, loaded) ? 'both' : 'shared');
    },
    async unleased(miss, loading) {
      const loaded = await loading;
      const entry = loads.entryOf(miss, loaded);
      const isLocal = entry !== undefined && fillLocal(miss, entry, loaded);
      return loadedAs(entry, 'load', isLocal ? 'local' : 'none');
    },
  };
}

export type LeasedLoadParts = {
  readonly candidate: Pick<CacheSettings, 'invalidation'>;
  readonly tiers: Pick<TierStack, 'shared'>;
  readonly clock: Clock;
  readonly observe: CacheObserver;
  /** From 0 to 1; for the pauses of those who wait. */
  readonly random: () => number;
  /** Resolves after that many milliseconds. */
  readonly wait: (ms: number) => Promise<void>;
};

export function createLeasedLoads(
  parts: LeasedLoadParts,
  leases: LeaseTable,
  loads: Loads,
  fence: Fence,
): LeasedLoads {
  const { tiers, clock, observe, random, wait } = parts;
  const fills = createLeasedFills(parts, leases, loads, fence);
  const freshAfterMs = ({ rejectedEntry }: Miss, held: Entry | undefined): number =>
    Math.max(clock.now(), rejectedEntry?.freshUntil ?? 0, held?.freshUntil ?? 0);
  /** The entry that the holder of the lease has filled meanwhile. */
  const look = async (miss: Miss, atLeastMs: number): Promise<Found | undefined> => {
    const startedAtMs = clock.now();
    const hit = await tiers.shared?.get(miss.key);
    if (hit === undefined || hit.entry.freshUntil <= atLeastMs) return undefined;
    fence.fillLocal(miss.key, hit.entry, startedAtMs, miss.flight?.isForgotten === true);
    return loadedAs(hit.entry, 'joined-load');
  };
  const proceed = async (miss: Miss, held: Entry | undefined, first: LeaseAnswer): Promise<Found> => {
    const name = miss.entity.name;
    let answer = first;
    for (let waits = 0; waits < waitsMax; waits += 1) {
      if (answer.kind === 'granted')
        return fills.withToken(miss, answer.token, loads.ask(miss.entity, [miss]));
      if (answer.kind === 'unavailable') return fills.unleased(miss, loads.ask(miss.entity, [miss]));
      const found = await look(miss, freshAfterMs(miss, held));
      if (found !== undefined) return found;
      if (waits === 0) observe.happened({ type: 'lease', name, outcome: 'waited' });
      const spread = 0.5 + random() / 2;
      await wait(spread * Math.min(longestWaitMs, firstWaitMs * 2 ** waits));
      answer = await leases.acquire(miss.key, freshAfterMs(miss, held));
    }
    observe.happened({ type: 'lease', name, outcome: 'gave-up' });
    return loadedAs(loads.entryOf(miss, await loads.ask(miss.entity, [miss])), 'load');
  };

  return {
    one: async (miss, held) => proceed(miss, held, await leases.acquire(miss.key, freshAfterMs(miss, held))),
    many(entity, misses, held) {
      const asking = misses.map((miss, index) => leases.acquire(miss.key, freshAfterMs(miss, held[index])));
      const loading = Promise.all(asking).then((answers) => {
        const own = misses.filter((_, index) => isOwnLoad(answers[index]));
        return own.length === 0 ? nothing : loads.ask(entity, own);
      });
      // A reader who waits for this load is told of its failure; where other replicas load everything, nobody waits.
      loading.catch(() => {});
      return misses.map(async (miss, index) => {
        const answer = await (asking[index] as Promise<LeaseAnswer>);
        if (answer.kind === 'granted') return fills.withToken(miss, answer.token, loading);
        if (answer.kind === 'unavailable') return fills.unleased(miss, loading);
        return proceed(miss, held[index], answer);
      });
    },
  };
}
