/** Steps of a test that wait for their turn, taken one at a time in an order that follows from the seed. */
export type StepScheduler = {
  /** Resolves when it is this step's turn. */
  step(): Promise<void>;
  /** Gives turns until no step is waiting and nothing that follows from one is left. */
  run(): Promise<void>;
  /** The same, for work that must be over then. */
  finish<T>(work: Promise<T>): Promise<T>;
  /** From 0 to 1, by the same seed. */
  random(): number;
};

/** More turns than any plan of these tests needs: a cache that never comes to rest fails, and does not hang. */
const turnsMax = 20_000;

/** A microtask's tick comes when all microtasks are done: whatever follows from the last step has happened. */
const settled = () => new Promise<void>((resolve) => process.nextTick(resolve));

/** fast-check's scheduler keeps a report of each step; this one only a seed, and is ten times as fast. */
export function createStepScheduler(seed: number): StepScheduler {
  const waiting: (() => void)[] = [];
  // Marsaglia's xorshift32, never at 0.
  let state = seed | 1;
  const draw = (below: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  const run = async (): Promise<void> => {
    for (let turns = 0; turns < turnsMax; turns += 1) {
      await settled();
      if (waiting.length === 0) return;
      const [next] = waiting.splice(draw(waiting.length), 1);
      next?.();
    }
    throw new RangeError(`not at rest after ${turnsMax} steps`);
  };
  return {
    step: () => new Promise((resolve) => void waiting.push(resolve)),
    run,
    async finish(work) {
      let isOver = false;
      const over = work.finally(() => {
        isOver = true;
      });
      over.catch(() => {});
      await run();
      if (!isOver) throw new RangeError('nothing is left to do, and the work is not over');
      return over;
    },
    random: () => draw(2 ** 30) / 2 ** 30,
  };
}
