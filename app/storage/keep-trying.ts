import { setTimeout as wait } from 'node:timers/promises';

const firstPauseMs = 100;
const longestPauseMs = 2_000;

export type KeepTryingOptions = {
  /** Goes on as long as it can. It calls `succeeded` when it has got where it wanted: the next pause is then the first one again. */
  readonly attempt: (succeeded: () => void) => Promise<void>;
  /** Is given each attempt that came to an end, and why. */
  readonly ended: (attempt: Promise<void>, reason: unknown) => void;
  readonly signal: AbortSignal;
};

/** Tries again and again, with pauses that grow, until the signal. A connection that must be there is held this way. */
export async function keepTrying({ attempt, ended, signal }: KeepTryingOptions): Promise<void> {
  let pauseMs = firstPauseMs;
  while (!signal.aborted) {
    const trying = attempt(() => {
      pauseMs = firstPauseMs;
    });
    const reason: unknown = await trying.catch((error: unknown) => error);
    if (signal.aborted) return;
    ended(trying, reason);
    await pause(pauseMs, signal);
    pauseMs = Math.min(2 * pauseMs, longestPauseMs);
  }
}

/** Waits that long, or until the signal. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => {});
}
