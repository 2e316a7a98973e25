import type { CountSighting } from './count-sighting-store.ts';

/** Adds of one that each counter gets. */
export const addsPerCounter = 20;
/** The last so many are sent twice, as by a client that has not heard the answer. */
export const sentTwicePerCounter = 4;
/**
 * How many adds of a counter are timed, which are the first ones. Each raises the count by one, so that a count of 7
 * shows the seventh; once one of them may have been counted twice, it does not.
 */
export const timedPerCounter = 12;

/** A counter with a known history: what it should be, which of its adds were seen, and what there is to note of it. It asks nobody. */
export type WatchedCounter = {
  readonly name: string;
  isFull(): boolean;
  isNextSentTwice(): boolean;
  /** When the last add was acknowledged; 0 before the first. */
  lastAddAtMs(): number;
  /** An add, sent once or twice, was acknowledged. */
  acknowledge(atMs: number): void;
  /** A replica that was asked at this time gave this answer. `live`: while adds follow each other. */
  see(count: number, askedAtMs: number, phase: 'live' | 'settling'): CountSighting[];
  /** What there is to say at the end: of adds that were never seen, and of the last answer. */
  finish(atMs: number): CountSighting[];
};

export function watchCounter(name: string): WatchedCounter {
  const acknowledgedAtMs: number[] = [];
  /** So many adds, the first ones, have been timed. */
  let timed = 0;
  let last = 0;

  const standing = (phase: 'live' | 'rest'): CountSighting => ({
    ...{ counter: name, phase, expected: acknowledgedAtMs.length, seen: last, lagMs: null },
  });
  const timeUpTo = (add: number, atMs: number): CountSighting[] => {
    const from = timed;
    timed = Math.max(timed, Math.min(add, acknowledgedAtMs.length, timedPerCounter));
    return acknowledgedAtMs.slice(from, timed).map((acknowledged, index) => ({
      ...{ counter: name, phase: 'lag', expected: from + index + 1, seen: last },
      // A replica that was asked right after the acknowledgement is not late: what counts are whole milliseconds.
      lagMs: Math.max(0, Math.round(atMs - acknowledged)),
    }));
  };
  return {
    name,
    isFull: () => acknowledgedAtMs.length >= addsPerCounter,
    isNextSentTwice: () => acknowledgedAtMs.length >= addsPerCounter - sentTwicePerCounter,
    lastAddAtMs: () => acknowledgedAtMs.at(-1) ?? 0,
    acknowledge: (atMs) => void acknowledgedAtMs.push(atMs),
    see(count, askedAtMs, phase) {
      last = count;
      return [...(phase === 'live' ? [standing('live')] : []), ...timeUpTo(count, askedAtMs)];
    },
    // What was never seen counts as long as it was waited for.
    finish: (atMs) => [...timeUpTo(Infinity, atMs), standing('rest')],
  };
}
