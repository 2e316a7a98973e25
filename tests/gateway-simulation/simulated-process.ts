import type { SeededRandom } from './seeded-random.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A process that may be stopped for a while, killed and started again, and whose clock is its own. */
export type SimulatedProcess = {
  readonly name: string;
  /** Its monotonic clock: it may run a little fast or slow, and `stepClock` sets it. */
  localMs(): number;
  /** Does the work later, in this life. */
  after(delayMs: number, work: () => void): void;
  /** What does the work in this life: while the process is stopped, as soon as it goes on; once it was killed, never. */
  bind(work: () => void): () => void;
  stepClock(byMs: number): void;
  stopFor(durationMs: number): void;
  kill(): void;
  start(): void;
  isUp(): boolean;
  /** Whether nobody has set its clock in this life. */
  isClockSteady(): boolean;
  /** How often it was killed. */
  life(): number;
};

/** `onStart` and `onKill` are of whoever lives in the process. It is started at once. */
export type ProcessParts = {
  readonly name: string;
  readonly time: VirtualTime;
  readonly random: SeededRandom;
  readonly clockRate: number;
  readonly onStart: () => void;
  readonly onKill: () => void;
};

const lateAfterStopMaxMs = 6;

export function createSimulatedProcess(parts: ProcessParts): SimulatedProcess {
  const { name, time, random, clockRate, onStart, onKill } = parts;
  let life = 0;
  let isUp = false;
  let stoppedUntilMs = 0;
  let steppedMs = 0;
  let isClockSteady = true;
  const run = (ofLife: number, work: () => void): void => {
    if (!isUp || life !== ofLife) return;
    const stoppedForMs = stoppedUntilMs - time.now();
    if (stoppedForMs > 0) time.after(stoppedForMs, () => run(ofLife, work));
    else work();
  };
  const bind = (work: () => void): (() => void) => {
    const ofLife = life;
    return () => run(ofLife, work);
  };
  return {
    name,
    localMs: () => time.now() * clockRate + steppedMs,
    after(delayMs, work) {
      const due = bind(work);
      time.after(delayMs / clockRate, () => {
        // One that goes on may do what has arrived before what was due.
        const wasStopped = time.now() < stoppedUntilMs;
        if (wasStopped) time.after(stoppedUntilMs - time.now() + random.between(0, lateAfterStopMaxMs), due);
        else due();
      });
    },
    bind,
    stepClock(byMs) {
      steppedMs += byMs;
      isClockSteady = false;
    },
    stopFor(durationMs) {
      stoppedUntilMs = Math.max(stoppedUntilMs, time.now() + durationMs);
    },
    kill() {
      if (!isUp) return;
      isUp = false;
      // What it still begins is of this life, and so is never done.
      onKill();
      life += 1;
      isClockSteady = true;
      stoppedUntilMs = 0;
    },
    start() {
      if (isUp) return;
      isUp = true;
      onStart();
    },
    isUp: () => isUp,
    isClockSteady: () => isClockSteady,
    life: () => life,
  };
}
