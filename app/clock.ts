/** Milliseconds since the epoch that never run backwards within a process. */
export type Clock = { now(): number };

/** A clock that stands still while its world waits for its turn in an experiment. */
export type StoppableClock = Clock & {
  /** Stands still at its present reading. Stopping twice is stopping once. */
  stop(): void;
  /** Runs on, `offsetMs` behind the machine's clock. The same offset is given to every replica of a world. */
  resume(offsetMs: number): void;
};

/** Anchored to the wall clock at start, monotonic afterwards, so that a jump of the wall clock expires nothing. */
export function createSystemClock(): Clock {
  const { timeOrigin } = performance;
  return { now: () => timeOrigin + performance.now() };
}

/**
 * The machine's wall clock with fractions of a millisecond, for what is compared with the stamps of others: it follows when the
 * wall clock is set, and when the machine has slept.
 */
export function createWallClock(): Clock {
  let originMs = performance.timeOrigin;
  return {
    now() {
      const fineMs = performance.now();
      const wholeMs = Date.now();
      const aheadMs = originMs + fineMs - wholeMs;
      if (aheadMs < 0 || aheadMs >= 1) originMs = wholeMs - fineMs;
      return originMs + fineMs;
    },
  };
}

export function createStoppableClock(base: Clock): StoppableClock {
  let behindMs = 0;
  let stoppedAtMs: number | null = null;
  return {
    now: () => stoppedAtMs ?? base.now() - behindMs,
    stop() {
      stoppedAtMs ??= base.now() - behindMs;
    },
    resume(offsetMs) {
      behindMs = offsetMs;
      stoppedAtMs = null;
    },
  };
}
