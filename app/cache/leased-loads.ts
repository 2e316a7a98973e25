import type { Entry } from './entry.ts';
import type { Fence } from './fences/fence.ts';
import type { LeaseAnswer, LeaseTable } from './lease.ts';
import { loadedAs } from './loads.ts';
import type { Loading, Loads, Miss } from './loads.ts';
import type { AnyEntity, Found, StrategyContext } from './strategy.ts';

/** The first wait for another replica's load; each further one is twice as long, up to the last. */
const firstWaitMs = 4;
const longestWaitMs = 64;
/** Two and a half seconds in all: as long as storage may take. Then the reader loads for itself and fills nothing. */
const waitsMax = 42;

const nothing: Loading = { rows: new Map(), startedAtMs: 0, loadMs: 0 };

/** Loads that only the holder of a lease makes; who asks later waits for its entry. */
export type LeasedLoads = {
  /** `held` is what redis had that was no longer good enough. */
  one(miss: Miss, held: Entry | undefined): Promise<Found>;
  /** In the order of `misses`. The keys whose leases are granted are loaded together. */
  many(
    entity: AnyEntity,
    misses: readonly Miss[],
    held: readonly (Entry | undefined)[],
  ): readonly Promise<Found>[];
};

export function createLeasedLoads(
  context: StrategyContext,
  leases: LeaseTable,
  loads: Loads,
  fence: Fence,
): LeasedLoads {
  const { tiers, clock, observe, candidate } = context;
  // Redis watches what was read, not what was filled.
  const fillsMemory = candidate.invalidation !== 'client-tracking';

  const freshAfterMs = ({ overdue }: Miss, held: Entry | undefined): number =>
    Math.max(clock.now(), overdue?.freshUntil ?? 0, held?.freshUntil ?? 0);
  const keep = async (miss: Miss, loading: Loading, token: string): Promise<Found> => {
    const entry = loads.entryOf(miss, loading);
    if (entry === undefined) await leases.release(miss.key, token);
    else if ((await leases.fill(miss.key, entry, token)) && fillsMemory)
      fence.fillNear(miss.key, entry, loading.startedAtMs, miss.flight?.isForgotten === true);
    return loadedAs(entry, 'load');
  };
  const load = async (miss: Miss, token: string, loading: Promise<Loading>): Promise<Found> => {
    const loaded = await loading.catch(async (error: unknown) => {
      await leases.release(miss.key, token);
      throw error;
    });
    return keep(miss, loaded, token);
  };
  /** The entry that the holder of the lease has filled meanwhile. */
  const look = async (miss: Miss, atLeastMs: number): Promise<Found | undefined> => {
    const startedAtMs = clock.now();
    const hit = await tiers.far?.get(miss.key);
    if (hit === undefined || hit.entry.freshUntil <= atLeastMs) return undefined;
    fence.fillNear(miss.key, hit.entry, startedAtMs, miss.flight?.isForgotten === true);
    return loadedAs(hit.entry, 'joined-load');
  };
  const proceed = async (miss: Miss, held: Entry | undefined, first: LeaseAnswer): Promise<Found> => {
    const name = miss.entity.name;
    let answer = first;
    for (let waits = 0; waits < waitsMax; waits += 1) {
      if (answer.kind === 'granted') return load(miss, answer.token, loads.ask(miss.entity, [miss]));
      if (answer.kind === 'unavailable') return loads.one(miss);
      const found = await look(miss, freshAfterMs(miss, held));
      if (found !== undefined) return found;
      if (waits === 0) observe.happened({ type: 'lease', name, outcome: 'waited' });
      const spread = 0.5 + context.random() / 2;
      await context.wait(spread * Math.min(longestWaitMs, firstWaitMs * 2 ** waits));
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
        const granted = misses.filter((_, index) => answers[index]?.kind === 'granted');
        return granted.length === 0 ? nothing : loads.ask(entity, granted);
      });
      // Who waits for it is told; where nobody was granted a lease, nobody waits.
      loading.catch(() => {});
      return misses.map(async (miss, index) => {
        const answer = await (asking[index] as Promise<LeaseAnswer>);
        if (answer.kind === 'granted') return load(miss, answer.token, loading);
        return proceed(miss, held[index], answer);
      });
    },
  };
}
