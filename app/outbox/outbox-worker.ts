import { keepTrying, pause } from '../storage/keep-trying.ts';
import type { Storage } from '../storage/postgres.ts';
import type { Chore } from './consumer.ts';
import type { OutboxState } from './outbox-events.ts';
import { outboxTable } from './outbox-table.ts';

/** Where triggers say that there are new messages. */
const channel = 'darkroom_outbox';
/** A notification may be lost, and what is tried again has none. */
const pollMs = 1_000;
/**
 * The pause before the next look after a worker was woken or has had work. Of transactions that go on at the same
 * time only one notifies: the messages of those that commit later are found by looking again, soon and then less
 * often.
 */
const firstPollMs = 10;
const pollGrowth = 5;
const measureMs = 1_000;

export type OutboxWorkerParts = {
  readonly storage: Pick<Storage, 'listen' | 'query'>;
  /** Answers whether there was anything to do. */
  readonly deliver: () => Promise<boolean>;
  readonly chores: readonly Chore[];
  /** What could not be done, and is tried again. */
  readonly onTrouble: (what: string, reason: unknown) => void;
};

export type OutboxWorker = {
  /** As it was last seen; null: that is not known. */
  readonly state: () => OutboxState | null;
  /** Resolves when what is under way is finished. */
  stop(): Promise<void>;
};

/** Works off the outbox until it is stopped: woken by notifications, and now and then without one. */
export function startOutboxWorker({ storage, deliver, chores, onTrouble }: OutboxWorkerParts): OutboxWorker {
  const stopping = new AbortController();
  const { signal } = stopping;
  const bell = createBell();
  const listening = storage.listen(channel, {
    notified: bell.ring,
    resumed: bell.ring,
    disconnected: (reason) => onTrouble('listening', reason),
  });
  let state: OutboxState | null = null;
  const again = async (name: string, everyMs: number, run: () => Promise<void>): Promise<void> => {
    while (!signal.aborted) {
      await run().catch((reason: unknown) => onTrouble(name, reason));
      await pause(everyMs, signal);
    }
  };
  const working = [
    keepTrying({
      signal,
      attempt: async (succeeded) => {
        let pauseMs = firstPollMs;
        while (!signal.aborted) {
          const hadWork = await deliver();
          succeeded();
          // A worker that was woken and found nothing looks again soon, too. Not every transaction notifies: a
          // message may commit after the look that another transaction has caused.
          const isSoon = hadWork || (await bell.heard(pauseMs, signal));
          pauseMs = isSoon ? firstPollMs : Math.min(pauseMs * pollGrowth, pollMs);
        }
      },
      ended: (_, reason) => onTrouble('delivery', reason),
    }),
    again('measuring', measureMs, async () => {
      state = await outboxTable.measure(storage).catch((error: unknown) => {
        state = null;
        throw error;
      });
    }),
    ...chores.map((chore) => again(chore.name, chore.everyMs, () => chore.run())),
  ];
  return {
    state: () => state,
    async stop() {
      stopping.abort();
      await Promise.all([listening.stop(), ...working]);
    },
  };
}

/** Is rung while somebody waits, or before: then the next one does not wait. */
function createBell() {
  let hasRung = false;
  let wake = (): void => {};
  return {
    ring(): void {
      hasRung = true;
      wake();
    },
    /** Resolves when it rings, after that time, or with the signal. Answers whether it has rung. */
    async heard(limitMs: number, signal: AbortSignal): Promise<boolean> {
      if (!hasRung && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, limitMs);
        const stop = () => resolve();
        signal.addEventListener('abort', stop);
        wake = resolve;
        await promise;
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
      }
      const answer = hasRung;
      hasRung = false;
      return answer;
    },
  };
}
