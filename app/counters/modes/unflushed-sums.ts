import { DarkroomError } from '../../errors.ts';
import { exactCount } from '../exact-count.ts';

/**
 * What a process has summed of its counters and does not know to be in storage: sums that wait, and those that are under way there.
 * While storage is away nothing leaves: beyond a bound, no further counter is taken.
 */
export type UnflushedSums = {
  /** Throws COUNTER_TOO_LARGE, and OVERLOADED where there is no room for another counter. */
  add(id: string, delta: number): void;
  /** Of a counter, both together. */
  of(id: string): number;
  /** How many counters wait. */
  waiting(): number;
  /** Drops what waits of a counter. */
  drop(id: string): void;
  /** Sends at most so many on their way. Those of before have arrived, or were put back. */
  takeUnderWay(max: number): readonly (readonly [id: string, delta: number])[];
  arrived(): void;
  putBack(): void;
};

export function createUnflushedSums(countersMax: number): UnflushedSums {
  const waiting = new Map<string, number>();
  let underWay: ReadonlyMap<string, number> = new Map();
  return {
    add(id, delta) {
      if (!waiting.has(id) && waiting.size + underWay.size >= countersMax)
        throw new DarkroomError(
          'OVERLOADED',
          `The sums of ${countersMax} counters wait for storage; this has not been counted. Try again in a moment.`,
        );
      const sum = exactCount(String((waiting.get(id) ?? 0) + delta));
      // What is under way may be put back, and has to fit then too.
      exactCount(String(sum + (underWay.get(id) ?? 0)));
      waiting.set(id, sum);
    },
    of: (id) => (waiting.get(id) ?? 0) + (underWay.get(id) ?? 0),
    waiting: () => waiting.size,
    drop: (id) => void waiting.delete(id),
    takeUnderWay(max) {
      underWay = new Map([...waiting].slice(0, max));
      for (const id of underWay.keys()) waiting.delete(id);
      return [...underWay];
    },
    arrived() {
      underWay = new Map();
    },
    putBack() {
      for (const [id, delta] of underWay) waiting.set(id, (waiting.get(id) ?? 0) + delta);
      underWay = new Map();
    },
  };
}
