import type { Storage } from '../storage/postgres.ts';
import { leaseChannel } from './lease-store.ts';
import type { Leadership, LeaseStore } from './lease-store.ts';

/** Who leads, as the lease said last. */
export type LeaderFinder = {
  /** Who leads; null where nobody is known to lead. */
  current(): Leadership | null;
  stop(): Promise<void>;
};

export type LeaderFinderParts = {
  readonly storage: Pick<Storage, 'listen'>;
  readonly store: LeaseStore;
  readonly onFound: (leadership: Leadership) => void;
  readonly onTrouble: (reason: unknown) => void;
};

/** How often the lease is read: nobody is told when it runs out, and a notification of a new leader may be lost. */
const lookEveryMs = 500;

/** Looks again and again, and when it is told of a new leader. While storage does not answer, whoever led last is taken to lead. */
export function findLeader({ storage, store, onFound, onTrouble }: LeaderFinderParts): LeaderFinder {
  let current: Leadership | null = null;
  let looking: Promise<void> | null = null;
  let isTroubled = false;
  const look = async (): Promise<void> => {
    try {
      current = await store.find();
      isTroubled = false;
      if (current !== null) onFound(current);
    } catch (error) {
      if (!isTroubled) onTrouble(error);
      isTroubled = true;
    }
  };
  const lookOnce = (): void => {
    looking ??= look().finally(() => {
      looking = null;
    });
  };
  const timer = setInterval(lookOnce, lookEveryMs);
  const listening = storage.listen(leaseChannel, {
    notified: lookOnce,
    disconnected: () => {},
    resumed: lookOnce,
  });
  return {
    current: () => current,
    async stop() {
      clearInterval(timer);
      await listening.stop();
      await looking;
    },
  };
}
