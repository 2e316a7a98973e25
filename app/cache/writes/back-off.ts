import type { Clock } from '../../clock.ts';

const firstRestMs = 1_000;
/**
 * The longest rest: short enough that a queue does not fill up only because nobody has looked whether the server is
 * back.
 */
const restMaxMs = 10_000;

/** How long to rest after so many failures in a row; replicas that failed together do not come back together. */
function restAfterMs(failures: number, random: () => number): number {
  return Math.min(restMaxMs, firstRestMs * 2 ** (failures - 1)) * (0.5 + random() / 2);
}

/** When to try again what has failed. `progress` counts what was done so far: what gets on has not failed in a row. */
export type BackOff = {
  isResting(): boolean;
  /** How long to rest. */
  failed(): number;
  /**
   * Says that a try has not failed. Failures are counted from the first one again only if something was done
   * meanwhile.
   */
  succeeded(): void;
  endRest(): void;
};

export function createBackOff(progress: () => number, random: () => number, clock: Clock): BackOff {
  let failures = 0;
  let seen = 0;
  let restUntilMs = 0;
  const look = (): void => {
    if (progress() > seen) failures = 0;
    seen = progress();
  };
  return {
    isResting: () => clock.now() < restUntilMs,
    failed() {
      look();
      failures += 1;
      const restMs = restAfterMs(failures, random);
      restUntilMs = clock.now() + restMs;
      return restMs;
    },
    succeeded: look,
    endRest() {
      restUntilMs = 0;
    },
  };
}
