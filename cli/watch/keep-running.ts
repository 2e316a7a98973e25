import { setTimeout as wait } from 'node:timers/promises';
import { CommandError } from '../errors.ts';

/** How long it stays away before it is started again: long enough to see what its absence does. */
const pauseMs = 20_000;
/**
 * The pause before the next try: its port may be taken for a moment. A minute of failures is more than that.
 */
const retryMs = 5_000;
const startsMax = 12;

/** Something that the rest can do without for a while. */
export type Kept = {
  /** Resolves when it has ended, to a sentence that says so. */
  readonly ended: () => Promise<string>;
  readonly startAgain: () => Promise<void>;
  /** A sentence of what runs again. */
  readonly isBack: () => string;
};

export type Keeping = {
  readonly signal: AbortSignal;
  readonly report: (message: string) => void;
  /** It runs again, as another process. */
  readonly onBack: () => void;
  readonly pause?: (ms: number) => Promise<void>;
};

/** Starts something again some time after it ended, until the signal. Rejects when it does not start any more. */
export async function keepRunning(kept: Kept, keeping: Keeping): Promise<void> {
  const { signal, report, onBack } = keeping;
  const pause = keeping.pause ?? ((ms) => wait(ms, undefined, { signal }).catch(() => {}));
  const aborted = new Promise<null>((resolve) => signal.addEventListener('abort', () => resolve(null)));
  while (!signal.aborted) {
    const gone = await Promise.race([kept.ended(), aborted]);
    if (gone === null || signal.aborted) return;
    report(`${gone} It is started again in ${pauseMs / 1000} s.`);
    await pause(pauseMs);
    await startAgain(kept, { ...keeping, pause });
    if (signal.aborted) return;
    onBack();
    report(kept.isBack());
  }
}

/** Tries until it runs, the signal comes, or it has failed too often. */
async function startAgain(kept: Kept, { signal, report, pause }: Required<Keeping>): Promise<void> {
  for (let start = 1; !signal.aborted; start += 1) {
    try {
      await kept.startAgain();
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof CommandError) || start === startsMax) throw error;
      report(`${error.message}\n  It is tried again in ${retryMs / 1000} s.`);
      await pause(retryMs);
    }
  }
}
