import type { Entry } from '../entry.ts';

/**
 * How long a lease lasts when its holder neither fills nor gives it back: a little above the time after which storage gives
 * up on a load.
 */
export const leaseMs = 3_000;

/** `granted`: load, and fill with the token. `entry`: one is there meanwhile. `held`: somebody else loads. */
export type LeaseAnswer =
  | { readonly kind: 'granted'; readonly token: string }
  | { readonly kind: 'entry' }
  | { readonly kind: 'held' }
  | { readonly kind: 'unavailable' };

/**
 * The right to load a key, given to one replica at a time. Its token also guards the fill: an invalidation takes the lease
 * back, so that a load from before it fills nothing (Scaling Memcache at Facebook, section 3.2.1,
 * https://www.usenix.org/conference/nsdi13/technical-sessions/presentation/nishtala).
 */
export type LeaseTable = {
  /** Asks for the right to load `key`, unless an entry is there that stays fresh beyond `freshAfterMs`. */
  acquire(key: string, freshAfterMs: number): Promise<LeaseAnswer>;
  /** Resolves to false when the lease is no longer held, or something newer is there. Ends the lease. */
  fill(key: string, entry: Entry, token: string): Promise<boolean>;
  /** Ends a lease whose load brought nothing. */
  release(key: string, token: string): Promise<void>;
};

/** A 64-bit token, from two numbers from 0 to 1. */
export function makeToken(random: () => number): string {
  const part = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return part() + part();
}
