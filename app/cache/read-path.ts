import type { CacheRead, ReadOutcome } from './cache.ts';
import type { MaybePromise } from './entry.ts';
import { createFarReads, foundIn } from './far-reads.ts';
import type { FarReads } from './far-reads.ts';
import type { Fence } from './fences/fence.ts';
import { createKeyMaker } from './keys.ts';
import { createMissedReads } from './missed-reads.ts';
import type { MissedLookup } from './missed-reads.ts';
import { createRefresher } from './refresher.ts';
import { freshOnly } from './strategy.ts';
import type { AnyEntity, CacheStrategy, ReadDecisions, StrategyContext } from './strategy.ts';
import type { MemoryHit } from './tiers/entry-store.ts';

type Read = CacheRead<unknown> | undefined;

/** Reading through the tiers and, on a miss, from storage: the same in every strategy but for its decisions. */
export type ReadPath = Pick<CacheStrategy, 'read' | 'readMany'> & Pick<FarReads, 'reload'>;

export function createReadPath(context: StrategyContext, fence: Fence, decisions: ReadDecisions): ReadPath {
  const { tiers, clock, observe } = context;
  const { near } = tiers;
  const makeKey = createKeyMaker();
  const refresher = createRefresher(context, (miss) => far.one(miss));
  const far = createFarReads(context, fence, decisions, refresher.start);
  const missed = createMissedReads(context, far);
  const outcomeOf = createJudgement(context, decisions, refresher.start);
  // Most strategies serve what is fresh and look no further.
  const isPlain = decisions.judge === freshOnly.judge;

  return {
    read(entity, id): MaybePromise<Read> {
      observe.asked(entity.name, 1);
      const key = makeKey(entity.name, id);
      const nowMs = clock.now();
      const hit = near?.get(key, nowMs);
      if (hit === undefined) return missed.one({ entity, id, key }, undefined);
      if (isPlain && nowMs < hit.freshUntil) {
        observe.answered(entity.name, 'memory-hit', 1);
        return hit.read;
      }
      const outcome = outcomeOf(hit, entity, id, key, nowMs);
      if (outcome === null) return missed.one({ entity, id, key }, hit.entry);
      observe.answered(entity.name, outcome, 1);
      return readOf(hit, outcome, nowMs);
    },
    readMany(entity, ids): MaybePromise<readonly Read[]> {
      observe.asked(entity.name, ids.length);
      const nowMs = clock.now();
      const reads: Read[] = [];
      const misses: (MissedLookup & { readonly at: number })[] = [];
      let staleHits = 0;
      for (const [at, id] of ids.entries()) {
        const key = makeKey(entity.name, id);
        const hit = near?.get(key, nowMs);
        const outcome = hit === undefined ? null : outcomeOf(hit, entity, id, key, nowMs);
        if (hit === undefined || outcome === null)
          misses.push({ at, lookup: { entity, id, key }, overdue: hit?.entry });
        else {
          reads[at] = readOf(hit, outcome, nowMs);
          if (outcome === 'memory-stale-hit') staleHits += 1;
        }
      }
      const freshHits = ids.length - misses.length - staleHits;
      if (freshHits > 0) observe.answered(entity.name, 'memory-hit', freshHits);
      if (staleHits > 0) observe.answered(entity.name, 'memory-stale-hit', staleHits);
      return misses.length === 0 ? reads : complete(reads, misses, missed.many(entity, misses));
    },
    reload: far.reload,
  };
}

/** Says how a memory entry answers, or null where it does not, and starts the refresh that the answer asks for. */
function createJudgement(
  { flights }: StrategyContext,
  { judge }: ReadDecisions,
  refresh: ReturnType<typeof createRefresher>['start'],
) {
  return (
    { entry }: MemoryHit,
    entity: AnyEntity,
    id: string | number,
    key: string,
    nowMs: number,
  ): ReadOutcome | null => {
    const verdict = judge(entry, nowMs, entity);
    const isFresh = nowMs < entry.freshUntil;
    // One reader at a time loads early; the others go on with what is still fresh.
    if (verdict === 'load' && !(isFresh && flights.current(key) !== undefined)) return null;
    if (verdict === 'serve-and-refresh') refresh({ entity, id, key }, entry);
    return isFresh ? 'memory-hit' : 'memory-stale-hit';
  };
}

function readOf(hit: MemoryHit, outcome: ReadOutcome, nowMs: number): Read {
  return outcome === 'memory-hit' ? hit.read : foundIn(hit.entry, 'memory', nowMs).read;
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
