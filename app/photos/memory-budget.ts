import { DarkroomError } from '../errors.ts';

export type MemoryBudgetLimits = {
  /** What takes part of the budget, for people: "photos that are decoded". */
  readonly name: string;
  /** Bytes that all works under way may take together. */
  readonly bytesMax: number;
  readonly workersMax: number;
  /** Works that may wait for their turn; 0: what does not fit at once is refused. */
  readonly waitingMax: number;
};

/** Memory that several works share. Each says how much it will take; what does not fit waits, first come, first served. */
export type MemoryBudget = {
  readonly bytesMax: number;
  /** Throws OVERLOADED when too many wait already. A work may not ask for more than the whole budget. */
  run<Result>(bytes: number, work: () => Promise<Result>): Promise<Result>;
};

type Waiting = { readonly bytes: number; readonly begin: () => void };

export function createMemoryBudget(limits: MemoryBudgetLimits): MemoryBudget {
  const { name, bytesMax, workersMax, waitingMax } = limits;
  const waiting: Waiting[] = [];
  const taken = { bytes: 0, workers: 0 };
  const fits = (bytes: number) => taken.workers < workersMax && taken.bytes + bytes <= bytesMax;
  const take = (bytes: number): void => {
    taken.bytes += bytes;
    taken.workers += 1;
  };
  const giveBack = (bytes: number): void => {
    taken.bytes -= bytes;
    taken.workers -= 1;
    for (let next = waiting[0]; next !== undefined && fits(next.bytes); next = waiting[0]) {
      waiting.shift();
      take(next.bytes);
      next.begin();
    }
  };
  const refuse = (): never => {
    const line = waitingMax === 0 ? 'none may wait' : `${waitingMax} wait, which is the limit`;
    throw new DarkroomError(
      'OVERLOADED',
      `The ${name} take all of ${bytesMax} bytes or ${workersMax} places, and ${line}. Try again.`,
    );
  };
  const turn = async (bytes: number): Promise<void> => {
    // Work that comes later must not overtake work that waits, else a large one would wait for ever.
    if (waiting.length === 0 && fits(bytes)) return take(bytes);
    if (waiting.length >= waitingMax) refuse();
    const { promise, resolve: begin } = Promise.withResolvers<void>();
    waiting.push({ bytes, begin });
    return promise;
  };
  return {
    bytesMax,
    async run(bytes, work) {
      await turn(bytes);
      try {
        return await work();
      } finally {
        giveBack(bytes);
      }
    },
  };
}
