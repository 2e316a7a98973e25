import type { Clock } from '../../app/clock.ts';

/** A clock that moves only when it is told to. */
export type FakeClock = Clock & { advance(ms: number): void };

export function createFakeClock(startMs = 1_000_000): FakeClock {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    advance(ms) {
      nowMs += ms;
    },
  };
}
