import { tombstoneMs } from '../../app/cache/tiers/tier.ts';
import type { Tier, TierHit } from '../../app/cache/tiers/tier.ts';
import type { Entry } from '../../app/cache/entry.ts';
import type { Clock } from '../../app/clock.ts';

type Stored = { readonly version: number; readonly entry: Entry | undefined };

/**
 * The redis tier's promises without Redis, for tests that need thousands of schedules. `step` comes before each operation
 * takes effect and before its answer arrives. The tier's contract suite holds it to what the real one does.
 */
export function createSharedTier(clock: Clock, step: () => Promise<void> = async () => {}): Tier {
  const stored = new Map<string, Stored>();
  const look = (key: string): TierHit | undefined => {
    const entry = stored.get(key)?.entry;
    return entry === undefined || clock.now() >= entry.freshUntil ? undefined : { entry, tier: 'redis' };
  };
  const act = async <T>(effect: () => T): Promise<T> => {
    await step();
    const answer = effect();
    await step();
    return answer;
  };
  return {
    get: (key) => act(() => look(key)),
    getMany: (keys) => act(() => keys.map(look)),
    set: (key, entry) => act(() => void stored.set(key, { version: entry.version, entry })),
    async setFenced(key, entry, startedAtMs) {
      if (clock.now() - startedAtMs >= tombstoneMs) return false;
      return act(() => {
        if ((stored.get(key)?.version ?? -1) > entry.version) return false;
        stored.set(key, { version: entry.version, entry });
        return true;
      });
    },
    delete: (key) => act(() => stored.delete(key) || true),
    deleteFenced: (key, version) =>
      act(() => {
        if ((stored.get(key)?.version ?? -1) < version) stored.set(key, { version, entry: undefined });
        return true;
      }),
    close: async () => {},
  };
}

/** A tier whose answers to `get` can be held on their way back, and that can be told to take no deletes. */
export type HeldTier = Tier & {
  /** The next answer of `get` stops on its way. Resolves, with its release, once the tier has answered. */
  holdNextGet(): Promise<() => void>;
  refusesDeletes: boolean;
};

export function createHeldTier(inner: Tier): HeldTier {
  const waiting: ((release: () => void) => void)[] = [];
  const heldTier: HeldTier = {
    ...inner,
    refusesDeletes: false,
    async get(key) {
      const hit = await inner.get(key);
      const hold = waiting.shift();
      if (hold !== undefined) {
        const { promise, resolve } = Promise.withResolvers<void>();
        hold(resolve);
        await promise;
      }
      return hit;
    },
    delete: (key) => (heldTier.refusesDeletes ? false : inner.delete(key)),
    deleteFenced: (key, version) => (heldTier.refusesDeletes ? false : inner.deleteFenced(key, version)),
    holdNextGet() {
      const { promise, resolve } = Promise.withResolvers<() => void>();
      waiting.push(resolve);
      return promise;
    },
  };
  return heldTier;
}
