import type { CacheRead, ReadOutcome } from '../cache.ts';
import type { MaybePromise } from '../entry.ts';
import { createSharedReads, foundIn } from './shared-reads.ts';
import type { SharedReadParts, SharedReads } from './shared-reads.ts';
import type { Fence } from '../fences/fence.ts';
import { createKeyMaker } from '../keys.ts';
import { createMissedReads } from './missed-reads.ts';
import type { MissedLookup, MissedReadParts } from './missed-reads.ts';
import { createRefresher } from './refresher.ts';
import type { DueEntry, RefresherParts } from './refresher.ts';
import type { SingleFlight } from './single-flight.ts';
import { freshOnly } from '../strategy.ts';
import type { CacheStrategy, Found, Lookup, ReadDecisions } from '../strategy.ts';
import type { LocalHit } from '../tiers/tier.ts';
import type { TierStack } from '../tier-stack.ts';

type Read = CacheRead<unknown> | undefined;

/** Reading through the tiers and, on a miss, from storage: the same in every strategy but for its decisions. */
export type ReadPath = Pick<CacheStrategy, 'read' | 'readMany'> & Pick<SharedReads, 'reload'>;

export type ReadPathParts = SharedReadParts &
  RefresherParts &
  MissedReadParts & { readonly tiers: Pick<TierStack, 'local'> };

export function createReadPath(parts: ReadPathParts, fence: Fence, decisions: ReadDecisions): ReadPath {
  const { tiers, clock, observe, flights } = parts;
  const { local } = tiers;
  const makeKey = createKeyMaker();
  const refresher = createRefresher(parts, (entity, misses) => shared.many(entity, misses));
  const shared = createSharedReads(parts, fence, decisions, refresher.start);
  const missed = createMissedReads(parts, shared);
  const outcomeOf = createDecision(flights, decisions);
  // Most strategies serve what is fresh and look no further.
  const isPlain = decisions.decide === freshOnly.decide;

  return {
    read(entity, id): MaybePromise<Read> {
      observe.asked(entity.name, 1);
      const key = makeKey(entity.name, id);
      const nowMs = clock.now();
      const hit = local?.get(key, nowMs);
      if (hit === undefined) return missed.one({ entity, id, key }, undefined);
      if (isPlain && nowMs < hit.freshUntil) {
        observe.answered(entity.name, 'local-hit', 1);
        return hit.read;
      }
      const due: DueEntry[] = [];
      const outcome = outcomeOf(hit, { entity, id, key }, nowMs, due);
      refresher.start(entity, due);
      if (outcome === null) return missed.one({ entity, id, key }, hit.entry);
      observe.answered(entity.name, outcome, 1);
      return readOf(hit, outcome, nowMs);
    },
    readMany(entity, ids): MaybePromise<readonly Read[]> {
      observe.asked(entity.name, ids.length);
      const nowMs = clock.now();
      const reads: Read[] = [];
      const misses: (MissedLookup & { readonly at: number })[] = [];
      const due: DueEntry[] = [];
      let staleHits = 0;
      for (const [at, id] of ids.entries()) {
        const key = makeKey(entity.name, id);
        const hit = local?.get(key, nowMs);
        if (hit !== undefined && isPlain && nowMs < hit.freshUntil) {
          reads[at] = hit.read;
          continue;
        }
        const lookup = { entity, id, key };
        const outcome = hit === undefined ? null : outcomeOf(hit, lookup, nowMs, due);
        if (hit === undefined || outcome === null) misses.push({ at, lookup, rejectedEntry: hit?.entry });
        else {
          reads[at] = readOf(hit, outcome, nowMs);
          if (outcome === 'local-stale-hit') staleHits += 1;
        }
      }
      refresher.start(entity, due);
      const freshHits = ids.length - misses.length - staleHits;
      if (freshHits > 0) observe.answered(entity.name, 'local-hit', freshHits);
      if (staleHits > 0) observe.answered(entity.name, 'local-stale-hit', staleHits);
      return misses.length === 0 ? reads : complete(reads, misses, missed.many(entity, misses));
    },
    reload: shared.reload,
  };
}

/** Says how a memory entry answers, or null where it does not, and notes one that is to be refreshed. */
function createDecision(flights: SingleFlight<Found>, { decide }: ReadDecisions) {
  return ({ entry }: LocalHit, lookup: Lookup, nowMs: number, due: DueEntry[]): ReadOutcome | null => {
    const decision = decide(entry, nowMs, lookup);
    const isFresh = nowMs < entry.freshUntil;
    // One reader at a time loads early; the others go on with what is still fresh.
    if (decision === 'load' && !(isFresh && flights.current(lookup.key) !== undefined)) return null;
    if (decision === 'serve-and-refresh') due.push({ lookup, entry });
    return isFresh ? 'local-hit' : 'local-stale-hit';
  };
}

function readOf(hit: LocalHit, outcome: ReadOutcome, nowMs: number): Read {
  return outcome === 'local-hit' ? hit.read : foundIn(hit.entry, 'local', nowMs).read;
}

async function complete(
  reads: Read[],
  misses: readonly { readonly at: number }[],
  missed: Promise<readonly Read[]>,
): Promise<readonly Read[]> {
  const late = await missed;
  for (const [index, { at }] of misses.entries()) reads[at] = late[index];
  return reads;
}
