import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import type { Queries } from '../storage/statement.ts';
import { createCountSightingStore } from './count-sighting-store.ts';
import type { CountSighting } from './count-sighting-store.ts';
import { watchCounter } from './watched-counter.ts';
import type { WatchedCounter } from './watched-counter.ts';
import { addOne, readCount } from './witness-counting.ts';

export type CountWitnessParts = {
  readonly storage: Queries;
  /** Of the world: while it stands still, the witness waits with it. */
  readonly clock: Clock;
  /** How long after its last add a counter is looked at: longer than the mode of the candidate may take to show it. */
  readonly settleMs: number;
  /** Unlike those of every witness before it on this database. */
  readonly name: string;
  /** Absent: four times a second. */
  readonly lookEveryMs?: number;
  readonly onTrouble: (reason: unknown) => void;
};

export type CountWitness = {
  /** Tells it where the replicas listen; until then it waits. */
  readonly meet: (service: readonly string[]) => void;
  stop(): Promise<void>;
};

/** What can be seen is seen this much later at most. Every counter is looked at as often, however late its world counts. */
const usualLookEveryMs = 250;

/**
 * Adds to one counter after another, one each time it looks, and reads each until long after its last add, asking one replica after the
 * other. It knows what each should be: the number of adds that were acknowledged, however often each was sent. What it saw goes into
 * the database of the world.
 */
export function createCountWitness(parts: CountWitnessParts): CountWitness {
  const { clock, lookEveryMs = usualLookEveryMs, onTrouble } = parts;
  const store = createCountSightingStore(parts.storage);
  const stopping = new AbortController();
  const { signal } = stopping;
  let service: readonly string[] = [];

  const running = (async () => {
    const counters = createWatchedCounters(parts, signal);
    let lastMs = 0;
    while (!signal.aborted) {
      await wait(lookEveryMs, undefined, { signal }).catch(() => {});
      const nowMs = clock.now();
      if (nowMs === lastMs || service.length === 0 || signal.aborted) continue;
      lastMs = nowMs;
      try {
        await store.add(await counters.look(service));
      } catch (error) {
        if (!signal.aborted) onTrouble(error);
      }
    }
  })();
  return {
    meet: (replicas) => {
      service = replicas;
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

type SettleTimes = { readonly acceptMs: number; readonly coalesceMs: number; readonly flushEveryMs: number };

/** Beyond what the mode itself takes: a rollup that is late, a busy machine. */
const settleReserveMs = 3_000;

/** How long a counter takes to show everything, whatever the mode. */
export const settleMsOf = ({ acceptMs, coalesceMs, flushEveryMs }: SettleTimes): number =>
  acceptMs + Math.max(coalesceMs, flushEveryMs) + settleReserveMs;

/** The counters of a witness: one that is added to, and those that settle. As many as fit into the time that they are given. */
function createWatchedCounters({ clock, settleMs, name, onTrouble }: CountWitnessParts, signal: AbortSignal) {
  let begun = 0;
  let added = 0;
  let asked = 0;
  let current: WatchedCounter | undefined;
  let settling: readonly WatchedCounter[] = [];

  const next = (service: readonly string[]): string => service[(asked += 1) % service.length] ?? '';

  const addTo = async (counter: WatchedCounter, service: readonly string[]): Promise<void> => {
    const generationTimeMs = clock.now();
    const add = { counter: counter.name, token: `${counter.name}-${(added += 1)}`, generationTimeMs };
    const isSentTwice = counter.isNextSentTwice();
    await addOne(next(service), add, signal);
    if (isSentTwice) await addOne(next(service), add, signal);
    counter.acknowledge(clock.now());
  };
  const lookAt = async (
    counter: WatchedCounter,
    service: readonly string[],
    phase: 'live' | 'settling',
  ): Promise<CountSighting[]> => {
    const askedAtMs = clock.now();
    return counter.see(await readCount(next(service), counter.name, signal), askedAtMs, phase);
  };
  /** One whose add was not acknowledged is let go: what it should be is not known. */
  const addAndLook = async (service: readonly string[]): Promise<CountSighting[]> => {
    const counter = current ?? watchCounter(`${name}-${(begun += 1)}`);
    current = undefined;
    await addTo(counter, service);
    if (counter.isFull()) settling = [...settling, counter];
    else current = counter;
    return lookAt(counter, service, 'live');
  };
  const settle = async (counter: WatchedCounter, service: readonly string[]): Promise<CountSighting[]> => {
    const isOver = clock.now() - counter.lastAddAtMs() >= settleMs;
    const sightings = await lookAt(counter, service, 'settling');
    if (!isOver) return sightings;
    // Only after a look that was answered: the last one is what there is to say of it.
    settling = settling.filter((one) => one !== counter);
    return [...sightings, ...counter.finish(clock.now())];
  };
  return {
    /** What was seen of all of them. What was not answered is told, and nothing was seen then. */
    async look(service: readonly string[]): Promise<CountSighting[]> {
      const looks = [...settling.map((counter) => () => settle(counter, service)), () => addAndLook(service)];
      const sightings: CountSighting[] = [];
      for (const look of looks) {
        try {
          sightings.push(...(await look()));
        } catch (error) {
          if (!signal.aborted) onTrouble(error);
        }
      }
      return sightings;
    },
  };
}
