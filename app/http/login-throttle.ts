import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import { DarkroomError } from '../errors.ts';

/**
 * How many failed attempts to log in are taken within a window, by where they come from. From one address
 * under one name: a person who mistypes. From one address: a list of stolen passwords that is tried on many
 * names. Under one name: many machines that guess at it; it is the highest, since it also locks out the
 * person whose name that is.
 */
export const loginLimits = {
  perNameAndAddress: 5,
  perAddress: 50,
  perName: 100,
  windowMs: 15 * 60_000,
  /** Of each sort. Whoever tries more names than that to be forgotten has met the limit of an address long before. */
  countedMax: 10_000,
} as const;

export type LoginThrottle = {
  /**
   * Tries to log in: null says that the password, or the name, was wrong. An attempt is counted before it begins, so that many at
   * once get no further than one after another, and taken back unless it comes to null. Throws TOO_MANY_LOGINS, without trying,
   * with the time after which one may try again.
   */
  attempt<T>(address: string, name: string, logIn: () => Promise<T | null>): Promise<T | null>;
};

type Count = { failures: number; readonly endsAtMs: number };

/** Counts failures by key, each in a window that begins with the first of them. */
function createCounter(clock: Clock, max: number) {
  // With `max` there would be room for all of them from the start on.
  const counts = new LRUCache<string, Count>({ maxSize: loginLimits.countedMax, sizeCalculation: () => 1 });
  const current = (key: string): Count | undefined => {
    const count = counts.get(key);
    return count === undefined || count.endsAtMs <= clock.now() ? undefined : count;
  };
  return {
    /** How long it is until the next attempt is taken; 0: it is taken. */
    waitMs(key: string): number {
      const count = current(key);
      return count === undefined || count.failures < max ? 0 : count.endsAtMs - clock.now();
    },
    /** Counts a failure; what comes back takes it back. */
    add(key: string): () => void {
      const count = current(key) ?? { failures: 0, endsAtMs: clock.now() + loginLimits.windowMs };
      count.failures += 1;
      counts.set(key, count);
      return () => {
        count.failures -= 1;
      };
    },
  };
}

/** Bounds how often passwords can be guessed, in the memory of this process. */
export function createLoginThrottle(clock: Clock): LoginThrottle {
  const { perNameAndAddress, perAddress, perName } = loginLimits;
  const counters = [perNameAndAddress, perAddress, perName].map((max) => createCounter(clock, max));
  return {
    async attempt(address, name, logIn) {
      const keys = [`${address} ${name}`, address, name];
      const keyed = counters.map((counter, index) => ({ counter, key: keys[index] ?? '' }));
      const waitMs = Math.max(...keyed.map(({ counter, key }) => counter.waitMs(key)));
      if (waitMs > 0) throw refusal(Math.ceil(waitMs / 1000));
      const takeBack = keyed.map(({ counter, key }) => counter.add(key));
      let hasFailed = false;
      try {
        const result = await logIn();
        hasFailed = result === null;
        return result;
      } finally {
        if (!hasFailed) for (const undo of takeBack) undo();
      }
    },
  };
}

/** Takes every attempt. */
export const unthrottled: LoginThrottle = { attempt: (_address, _name, logIn) => logIn() };

function refusal(retryAfterSeconds: number): DarkroomError {
  return new DarkroomError(
    'TOO_MANY_LOGINS',
    `Too many attempts to log in have failed; try again in ${retryAfterSeconds} s.`,
    { retryAfterSeconds },
  );
}
