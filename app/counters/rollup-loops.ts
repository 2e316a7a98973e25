import { setTimeout as pauseFor } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { idOf, keyOf } from './counter.ts';
import type { CounterKey } from './counter.ts';
import type { CounterNamespace, CounterNamespaces } from './counter-namespaces.ts';
import type { RollupObserver } from './counter-observer.ts';
import type { LookedAt, RollUp } from './roll-up.ts';
import { createRollupQueues } from './rollup-queues.ts';
import type { RollupQueues } from './rollup-queues.ts';
import { skewMs } from './rollup-window.ts';
import type { RollupWindow } from './rollup-window.ts';
import { isRolledUp } from './system.ts';

/** A name takes some 100 bytes: all queues of a namespace together take some 10 MB. */
const entriesPerQueueMax = 16_384;
const firstBatch = 32;
const largestBatch = 512;
/** A batch that takes longer is followed by a smaller one, and by a pause as long as it took. */
const batchTargetMs = 100;
const longestPauseMs = 1_000;
/** A process has ten seconds to end, and a cycle begins after this. */
const drainMsMax = 6_000;
const drainPollMs = 50;

export type RollupWorkerParts = {
  readonly namespaces: CounterNamespaces;
  readonly queues: number;
  readonly queueOf: (id: string) => number;
  readonly windowOf: (namespace: CounterNamespace) => RollupWindow;
  readonly rollUp: RollUp;
  /** Measures batches. Worlds whose clock stands still are worked for, too. */
  readonly realClock: Clock;
  readonly observe: Pick<RollupObserver, 'announced' | 'rolledUp'>;
  readonly onTrouble: (what: string, reason: unknown) => void;
};

/** Rolls up the counters that it hears of. */
export type RollupWorker = {
  /** That counters may have something to roll up. */
  hear(ids: readonly string[]): void;
  /** Rolls up what waits now in a namespace, each counter once. Storage that is away is trouble and no failure: it waits again. */
  cycle(namespace: string): Promise<void>;
  /** Counters that wait. */
  length(): number;
  start(): void;
  /** Takes nothing new, and rolls up what waits as far as it can in the time that it has. */
  drain(): Promise<void>;
};

export function createRollupWorker(parts: RollupWorkerParts): RollupWorker {
  const rolled = [...parts.namespaces.values()].filter(({ mode }) => isRolledUp(mode));
  const stopping = new AbortController();
  const rollups = new Map(
    rolled.map((one) => [one.name, createNamespaceRollups(parts, one, stopping.signal)]),
  );
  const loops: Promise<void>[] = [];
  const length = (): number => [...rollups.values()].reduce((all, { queues }) => all + queues.length(), 0);
  const loop = async ({ cycle }: NamespaceRollups, coalesceMs: number): Promise<void> => {
    while (!stopping.signal.aborted) {
      await pauseFor(coalesceMs, undefined, { signal: stopping.signal }).catch(() => {});
      if (!stopping.signal.aborted) await cycle();
    }
  };
  return {
    hear(ids) {
      if (stopping.signal.aborted) return;
      for (const id of ids) rollups.get(keyOf(id).namespace)?.hear(id);
    },
    cycle: async (name) => await rollups.get(name)?.cycle(),
    length,
    start() {
      for (const { name, coalesceMs } of rolled) {
        const own = rollups.get(name);
        if (own !== undefined) loops.push(loop(own, coalesceMs));
      }
    },
    async drain() {
      stopping.abort();
      await Promise.all(loops);
      const longestMs = Math.max(0, ...rolled.map(({ acceptLimitMs }) => acceptLimitMs));
      const untilMs = parts.realClock.now() + Math.min(drainMsMax, longestMs + 2 * skewMs);
      for (;;) {
        // The last cycle begins when all that was heard of is frozen, however long the one before it has taken.
        const isLast = parts.realClock.now() >= untilMs;
        await Promise.all([...rollups.values()].map((own) => own.cycle()));
        if (length() === 0 || isLast) return;
        await pauseFor(drainPollMs);
      }
    },
  };
}

type NamespaceRollups = {
  readonly queues: RollupQueues;
  readonly hear: (id: string) => void;
  readonly cycle: () => Promise<void>;
};

function createNamespaceRollups(
  parts: RollupWorkerParts,
  namespace: CounterNamespace,
  draining: AbortSignal,
): NamespaceRollups {
  const { rollUp, observe, onTrouble } = parts;
  const queues = createRollupQueues(parts.queues, parts.queueOf, entriesPerQueueMax);
  const window = parts.windowOf(namespace);
  const pace = createPace(parts.realClock, draining);
  const hear = (id: string): void => {
    const queued = queues.add(id);
    if (queued !== 'waits') observe.announced(queued, 1);
  };
  /** The few counters of a low cardinality stay; of many, those that have something left. */
  const circulate = ({ isKnown, isAhead, ...key }: LookedAt): void => {
    const stays = namespace.cardinality === 'low' && isKnown && !draining.aborted;
    if (stays || isAhead) queues.add(idOf(key));
  };
  const rollBatch = async (keys: readonly CounterKey[], endMs: number): Promise<void> => {
    try {
      for (const looked of await rollUp(keys, namespace, endMs)) circulate(looked);
    } catch (error) {
      observe.rolledUp('failed', keys.length);
      onTrouble('rollup', error);
      for (const key of keys) hear(idOf(key));
    }
  };
  const rollQueue = async (queue: number, endMs: number): Promise<void> => {
    const keys = queues.drain(queue).map(keyOf);
    for (let first = 0; first < keys.length;) {
      const batch = keys.slice(first, first + pace.batch());
      await pace.measured(() => rollBatch(batch, endMs));
      first += batch.length;
    }
  };
  return {
    queues,
    hear,
    async cycle() {
      if (queues.length() === 0) return;
      const endMs = await window.advance().catch((error: unknown) => {
        onTrouble('window', error);
        return null;
      });
      if (endMs === null) return;
      for (let queue = 0; queue < queues.count; queue += 1) await rollQueue(queue, endMs);
    },
  };
}

/** The next batch waits for the one before, and how large it is and how long it waits follows from how long that took. */
function createPace(realClock: Clock, draining: AbortSignal) {
  let batch = firstBatch;
  return {
    batch: () => batch,
    async measured(work: () => Promise<void>): Promise<void> {
      const startedAtMs = realClock.now();
      await work();
      const tookMs = realClock.now() - startedAtMs;
      if (tookMs <= batchTargetMs) {
        if (tookMs < batchTargetMs / 2) batch = Math.min(largestBatch, batch * 2);
        return;
      }
      batch = Math.max(1, Math.floor(batch / 2));
      await pauseFor(Math.min(tookMs, longestPauseMs), undefined, { signal: draining }).catch(() => {});
    },
  };
}
