import type { EvictionPolicy } from '../../app/cache/bounded-store/eviction-policy.ts';
import { createFrequencySketch } from '../../app/cache/bounded-store/frequency-sketch.ts';
import { numberKeys } from '../../app/cache/bounded-store/key-kinds.ts';
import { noSlot, widened } from '../../app/cache/bounded-store/slot-lists.ts';
import { createSlotStore } from '../../app/cache/bounded-store/slot-store.ts';
import { fifo } from '../../app/cache/eviction/fifo.ts';
import { missesToBeHot, negativeEntriesMax } from '../../app/cache/tiers/memory/entry-rules.ts';
import { createEndQueue } from './end-queue.ts';

/**
 * One tier in virtual time: which objects it has, and until when they are fresh; values it has none. Where an entry lies is a
 * place: a slot, or below `noSlot` one of the negative entries.
 */
export type SimulatedTier = {
  /** The place of an entry that may still be served, or `noSlot`. Counts as a use. */
  find(object: number, nowMs: number): number;
  freshUntilOf(place: number): number;
  /** Keeps an entry, if it has room for it. */
  fill(object: number, bytes: number, isAbsent: boolean, nowMs: number, freshUntilMs: number): void;
  remove(object: number): void;
  clear(): void;
  evictions(): number;
  /** The most that it ever held. */
  bytesMax(): number;
};

/** Whether a place is one of a negative entry. */
export const isAbsentAt = (place: number): boolean => place < noSlot;

export type TierSettings = {
  readonly policy: EvictionPolicy;
  readonly bytesMax: number;
  /** For how long past its lifetime an entry is kept. */
  readonly staleMs: number;
  /** Whether an entry is let in that has not been missed before. */
  readonly promotion: 'always' | 'hot';
  /** Whether what has ended takes up room until it is met or evicted, as in memory, or goes by itself, as in Redis. */
  readonly expiry: 'when-met' | 'by-itself';
  /** What gives way when there is no room: others, or the new one. */
  readonly whenFull: 'evict' | 'decline';
  /** Told of each object whose entry is another one now, or is gone for whatever reason. */
  readonly onChange?: (object: number) => void;
};

const firstSlots = 64;

type StoreSettings = Omit<TierSettings, 'promotion'>;

/** Entries in slots of a policy, with their stamps. Those past `staleMs` are dropped when they are met, if they have not gone before. */
function createStampedStore({ policy, bytesMax, staleMs, expiry, whenFull, onChange }: StoreSettings) {
  /** How long what is in a slot is fresh. */
  let untilMs = new Float64Array(firstSlots);
  const freshUntilOf = (slot: number): number => untilMs[slot] as number;
  const ends = expiry === 'by-itself' ? createEndQueue(freshUntilOf) : null;
  const declines = whenFull === 'decline';
  let evicted = 0;
  let bytesSeenMax = 0;
  const store = createSlotStore(policy, {
    keyKind: numberKeys,
    bytesMax,
    onLeave(slot, object, isEvicted) {
      ends?.leave(slot);
      onChange?.(object);
      if (isEvicted) evicted += 1;
    },
  });
  const { use, slotOf } = store;
  const hasEnded = (slot: number, nowMs: number): boolean => nowMs >= (untilMs[slot] as number) + staleMs;
  const dropEnded = (nowMs: number): void => {
    if (ends === null) return;
    for (let slot = ends.first(); slot !== noSlot && hasEnded(slot, nowMs); slot = ends.first())
      store.remove(slot);
  };
  return {
    store,
    freshUntilOf,
    find(object: number, nowMs: number): number {
      const slot = use(object);
      if (slot === noSlot || !hasEnded(slot, nowMs)) return slot;
      store.remove(slot);
      return noSlot;
    },
    put(object: number, bytes: number, nowMs: number, freshUntilMs: number): void {
      dropEnded(nowMs);
      if (declines && store.bytes + bytes > bytesMax) return;
      const held = slotOf(object);
      const slot = held === noSlot ? store.add(object, bytes) : held;
      if (slot === noSlot) return;
      if (slot >= untilMs.length) untilMs = widened(untilMs, new Float64Array(2 * slot));
      untilMs[slot] = freshUntilMs;
      ends?.put(slot);
      onChange?.(object);
      if (held === noSlot) store.settle(slot);
      else store.renew(slot, bytes);
      if (store.bytes > bytesSeenMax) bytesSeenMax = store.bytes;
    },
    /** Whether it was there. */
    remove(object: number): boolean {
      const slot = store.slotOf(object);
      if (slot === noSlot) return false;
      store.remove(slot);
      return true;
    },
    clear(): void {
      store.clear();
      ends?.clear();
    },
    evicted: () => evicted,
    bytesSeenMax: () => bytesSeenMax,
  };
}

/** The places of negative entries, from their slots and back. */
const mirrored = (slot: number): number => noSlot - 1 - slot;

/** As the memory tier of the service: negative entries apart, and with a bound of their own (`memory/entry-store.ts`). */
export function createSimulatedTier(settings: TierSettings): SimulatedTier {
  const entries = createStampedStore(settings);
  const negatives = createStampedStore({
    policy: fifo,
    bytesMax: negativeEntriesMax,
    staleMs: 0,
    expiry: 'when-met',
    whenFull: 'evict',
    ...(settings.onChange !== undefined && { onChange: settings.onChange }),
  });
  const sketch = settings.promotion === 'hot' ? createFrequencySketch(numberKeys.hash) : null;

  /** Most candidates never have one, and then nothing has to be asked about them. */
  let areThereNegatives = false;

  const findElsewhere = (object: number, nowMs: number): number => {
    const slot = areThereNegatives ? negatives.find(object, nowMs) : noSlot;
    if (slot !== noSlot) return mirrored(slot);
    sketch?.touch(object);
    return noSlot;
  };
  const isHeld = (object: number): boolean =>
    entries.store.slotOf(object) !== noSlot || negatives.store.slotOf(object) !== noSlot;

  return {
    find(object, nowMs) {
      const slot = entries.find(object, nowMs);
      return slot === noSlot ? findElsewhere(object, nowMs) : slot;
    },
    freshUntilOf: (place) =>
      place > noSlot ? entries.freshUntilOf(place) : negatives.freshUntilOf(mirrored(place)),
    fill(object, bytes, isAbsent, nowMs, freshUntilMs) {
      if (sketch !== null && !isHeld(object) && sketch.estimate(object) < missesToBeHot) return;
      if (isAbsent) {
        areThereNegatives = true;
        entries.remove(object);
        negatives.put(object, 1, nowMs, freshUntilMs);
      } else {
        if (areThereNegatives) negatives.remove(object);
        entries.put(object, bytes, nowMs, freshUntilMs);
      }
    },
    remove(object) {
      if (!entries.remove(object)) negatives.remove(object);
    },
    clear() {
      entries.clear();
      negatives.clear();
    },
    evictions: () => entries.evicted() + negatives.evicted(),
    bytesMax: entries.bytesSeenMax,
  };
}
