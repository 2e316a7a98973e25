import { isStorageAway } from '../../errors.ts';

/** After a failed load, what failed is not loaded for so long. */
const pauseMs = 1_000;
/** Keys that fail by themselves, beyond which the oldest pause is forgotten. */
const keysMax = 10_000;

/**
 * Pauses after a failed load, in which nobody waits for another failure: no reader of any key while storage
 * is away, and otherwise no reader of the key that failed.
 */
export type LoadPauses = {
  failed(key: string, error: unknown, nowMs: number): void;
  isPaused(key: string, nowMs: number): boolean;
};

export function createLoadPauses(): LoadPauses {
  let allUntilMs = 0;
  const untilMs = new Map<string, number>();
  return {
    failed(key, error, nowMs) {
      if (isStorageAway(error)) {
        allUntilMs = nowMs + pauseMs;
        return;
      }
      untilMs.delete(key);
      untilMs.set(key, nowMs + pauseMs);
      for (const oldest of untilMs.keys()) {
        if (untilMs.size <= keysMax) break;
        untilMs.delete(oldest);
      }
    },
    isPaused: (key, nowMs) => nowMs < allUntilMs || nowMs < (untilMs.get(key) ?? 0),
  };
}
