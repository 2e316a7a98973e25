import type { Clock } from '../clock.ts';
import type { Queries } from '../storage/statement.ts';
import { idOf } from './counter.ts';
import type { CounterKey } from './counter.ts';
import type { CounterNamespace } from './counter-namespaces.ts';
import type { RollupObserver } from './counter-observer.ts';
import { eventStore } from './event-store.ts';
import type { EventRange, EventSum } from './event-store.ts';
import { rollupTtlMs } from './rollup-cache.ts';
import type { RollupCache } from './rollup-cache.ts';
import { rollupStore } from './rollup-store.ts';
import type { Ahead, RolledUp } from './rollup-store.ts';

/** A counter that was looked at. */
export type LookedAt = CounterKey & {
  /** Whether anything was ever counted there. */
  readonly isKnown: boolean;
  /** Whether there are events that are not rolled up yet. */
  readonly isAhead: boolean;
};

export type RollUpParts = {
  readonly queries: Queries;
  readonly cache: RollupCache;
  readonly clock: Clock;
  readonly observe: Omit<RollupObserver, 'announced'>;
  /** Told the ranges before they are read. */
  readonly onScan?: (ranges: readonly EventRange[]) => void;
};

/** Rolls up some counters of one namespace to the end of its window. Their order is kept. */
export type RollUp = (
  keys: readonly CounterKey[],
  namespace: CounterNamespace,
  endMs: number,
) => Promise<readonly LookedAt[]>;

/** Ranges are read side by side: by so many statements, of which each has at least so many counters. */
const scansMax = 2;
const countersPerScan = 8;

type Step = EventRange & { readonly toMs: number; readonly newestMs: number };

/**
 * A counter goes forward by one step: from its checkpoint to the end of the window, or of the bucket of time in which its next event
 * lies. So no statement reads more than a bucket, however long nobody has looked. A step that failed is followed by shorter ones, as
 * `parts` of the bucket: how many events are in it nobody knows.
 */
function stepOf(
  key: CounterKey,
  ahead: Ahead,
  { buckets, bucketMs }: CounterNamespace,
  endMs: number,
  parts: number,
): Step | null {
  const { base, fromMs, firstMs, newestMs } = ahead;
  if (firstMs === null || newestMs === null) return null;
  const stepMs = Math.max(1, Math.floor(bucketMs / parts));
  const stepEndMs = (Math.floor(firstMs / stepMs) + 1) * stepMs;
  return { ...key, buckets, base, fromMs, newestMs, toMs: Math.min(endMs, stepEndMs) };
}

/**
 * How many counters are remembered that need shorter steps. Beyond this, the one that was noted longest ago is
 * forgotten, and tried with a whole step like all others.
 */
const shortenedMax = 10_000;
/** A bucket of a day is then less than a tenth of a second. */
const partsMax = 2 ** 20;

/** Halves the steps of counters whose events could not be summed, and doubles them again once they could. */
function createStepLengths() {
  const partsById = new Map<string, number>();
  const partsOf = (key: CounterKey): number => partsById.get(idOf(key)) ?? 1;
  const set = (key: CounterKey, parts: number): void => {
    partsById.delete(idOf(key));
    if (parts > 1) partsById.set(idOf(key), Math.min(partsMax, parts));
    const [oldest] = partsById.size > shortenedMax ? partsById.keys() : [];
    if (oldest !== undefined) partsById.delete(oldest);
  };
  return {
    partsOf,
    shorten: (keys: readonly CounterKey[]): void => keys.forEach((key) => set(key, partsOf(key) * 2)),
    lengthen: (keys: readonly CounterKey[]): void => keys.forEach((key) => set(key, partsOf(key) / 2)),
  };
}

export function createRollUp({ queries, cache, clock, observe, onScan }: RollUpParts): RollUp {
  const stepLengths = createStepLengths();
  const sumAll = async (steps: readonly Step[]): Promise<readonly EventSum[]> => {
    onScan?.(steps);
    const scans = Math.max(1, Math.min(scansMax, Math.ceil(steps.length / countersPerScan)));
    const share = Math.ceil(steps.length / scans);
    const parts = Array.from({ length: scans }, (_, scan) => steps.slice(scan * share, (scan + 1) * share));
    return (await Promise.all(parts.map((part) => eventStore.sum(queries, part)))).flat();
  };
  const tell = (sums: readonly EventSum[]): void => {
    observe.eventsRead(
      'rollup',
      sums.reduce((all, { events }) => all + events, 0),
    );
    for (const { oldestMs } of sums) if (oldestMs !== null) observe.lagged(clock.now() - oldestMs);
  };
  const keepSteps = async (steps: readonly Step[]): Promise<readonly RolledUp[]> => {
    if (steps.length === 0) return [];
    const sums = await sumAll(steps).catch((error: unknown) => {
      stepLengths.shorten(steps);
      throw error;
    });
    stepLengths.lengthen(steps);
    const rolled = steps.map(({ namespace, counter, base, toMs, newestMs }, index) => ({
      namespace,
      counter,
      count: sums[index]?.count ?? base,
      rollupMs: toMs,
      lastWriteMs: newestMs,
    }));
    const kept = await rollupStore.keep(queries, rolled);
    tell(sums);
    observe.rolledUp('done', kept.size);
    observe.rolledUp('overtaken', rolled.length - kept.size);
    return rolled;
  };
  return async (keys, namespace, endMs) => {
    const asked = keys.map((key) => ({ ...key, buckets: namespace.buckets, toMs: endMs }));
    const found = await rollupStore.ahead(queries, asked);
    const at = (index: number): Ahead => found[index] ?? nothingAhead;
    const steps = keys.flatMap(
      (key, index) => stepOf(key, at(index), namespace, endMs, stepLengths.partsOf(key)) ?? [],
    );
    const rolled = await keepSteps(steps);
    observe.rolledUp('unchanged', keys.length - steps.length);
    const reached = new Map(rolled.map((one) => [idOf(one), one]));
    // Also what has not changed: what Redis has may be older, where it did not take what was rolled up before.
    const ttlMs = rollupTtlMs(namespace);
    await cache
      .fill(
        keys.flatMap((key, index) => {
          const { base, fromMs } = at(index);
          const rollup =
            reached.get(idOf(key)) ?? (fromMs === null ? null : { count: base, rollupMs: fromMs });
          return rollup === null ? [] : [{ ...key, count: rollup.count, rollupMs: rollup.rollupMs, ttlMs }];
        }),
      )
      // Its readers ask storage while it is away; what it missed comes with the next look at the counter.
      .catch(() => {});
    return keys.map((key, index) => lookedAt(key, at(index), reached.get(idOf(key))));
  };
}

const nothingAhead: Ahead = { base: '0', fromMs: null, firstMs: null, newestMs: null };

function lookedAt(key: CounterKey, { fromMs, newestMs }: Ahead, rolled: RolledUp | undefined): LookedAt {
  return {
    ...key,
    isKnown: fromMs !== null || newestMs !== null,
    isAhead: newestMs !== null && newestMs > (rolled?.rollupMs ?? -Infinity),
  };
}
