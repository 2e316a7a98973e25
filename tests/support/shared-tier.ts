import { leaseMs, makeToken, tombstoneMs } from '../../app/cache/tiers/tier.ts';
import type { LeaseTable, SharedTier, TierHit } from '../../app/cache/tiers/tier.ts';
import type { Entry, MaybePromise } from '../../app/cache/entry.ts';
import type { Clock } from '../../app/clock.ts';

type Stored = { readonly version: number; readonly entry: Entry | undefined };
type SharedStore = {
  readonly stored: Map<string, Stored>;
  readonly leases: Map<string, { readonly token: string; readonly untilMs: number }>;
  readonly clock: Clock;
  readonly act: <T>(effect: () => T) => Promise<T>;
};

/**
 * The redis tier's promises without Redis, for tests that need thousands of schedules. `step` comes before each operation
 * takes effect and before its answer arrives. The tier's contract suite holds it to what the real one does.
 */
export function createSharedTier(clock: Clock, step: () => Promise<void> = async () => {}): SharedTier {
  const store: SharedStore = {
    stored: new Map(),
    leases: new Map(),
    clock,
    async act(effect) {
      await step();
      const answer = effect();
      await step();
      return answer;
    },
  };
  const { stored, leases, act } = store;
  const look = (key: string): TierHit | undefined => {
    const entry = stored.get(key)?.entry;
    return entry === undefined || clock.now() >= entry.staleUntil ? undefined : { entry };
  };
  return {
    leases: createSharedLeases(store),
    get: (key) => act(() => look(key)),
    getMany: (keys) => act(() => keys.map(look)),
    set: (key, entry) => act(() => stored.set(key, { version: entry.version, entry }) !== undefined),
    async setFenced(key, entry, startedAtMs) {
      if (clock.now() - startedAtMs >= tombstoneMs) return false;
      return act(() => fill(stored, key, entry));
    },
    delete: (key) =>
      act(() => {
        leases.delete(key);
        return stored.delete(key) || true;
      }),
    deleteFenced: (key, version) =>
      act(() => {
        leases.delete(key);
        if ((stored.get(key)?.version ?? -1) < version) stored.set(key, { version, entry: undefined });
        return true;
      }),
    close: async () => {},
  };
}

function fill(stored: Map<string, Stored>, key: string, entry: Entry): boolean {
  if ((stored.get(key)?.version ?? -1) > entry.version) return false;
  stored.set(key, { version: entry.version, entry });
  return true;
}

function createSharedLeases({ stored, leases, clock, act }: SharedStore): LeaseTable {
  let tokens = 0;
  return {
    acquire: (key, freshAfterMs) =>
      act(() => {
        const entry = stored.get(key)?.entry;
        if (entry !== undefined && entry.freshUntil > freshAfterMs) return { kind: 'entry' };
        const held = leases.get(key);
        if (held !== undefined && clock.now() < held.untilMs) return { kind: 'held' };
        tokens += 1;
        const untilMs = clock.now() + leaseMs;
        const token = makeToken(() => tokens / 2 ** 32, untilMs);
        leases.set(key, { token, untilMs });
        return { kind: 'granted', token };
      }),
    fill: (key, entry, token) =>
      act(() => {
        if (leases.get(key)?.token !== token) return false;
        leases.delete(key);
        return fill(stored, key, entry);
      }),
    release: (key, token) =>
      act(() => {
        if (leases.get(key)?.token === token) leases.delete(key);
      }),
  };
}

/** A tier whose answers and fills can be held on their way, and that can be told to take nothing. */
export type HeldTier = SharedTier & {
  /** The next answer of `get` stops on its way back. Resolves, with its release, once the tier has answered. */
  holdNextGet(): Promise<() => void>;
  /** The next fill stops on its way to the tier. Resolves, with its release, once it was sent. */
  holdNextFill(): Promise<() => void>;
  refusesDeletes: boolean;
  /** As a full Redis does. */
  refusesFills: boolean;
};

/** A place where the next that comes by waits to be released, when somebody holds it. */
function createGate() {
  const holders: ((release: () => void) => void)[] = [];
  return {
    holdNext(): Promise<() => void> {
      const { promise, resolve } = Promise.withResolvers<() => void>();
      holders.push(resolve);
      return promise;
    },
    async pass(): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      holders.shift()?.(resolve);
      await promise;
    },
    isHeld: () => holders.length > 0,
  };
}

export function createHeldTier(inner: SharedTier): HeldTier {
  const answers = createGate();
  const fills = createGate();
  const sent = async (fill: () => MaybePromise<boolean>): Promise<boolean> => {
    if (fills.isHeld()) await fills.pass();
    return heldTier.refusesFills ? false : fill();
  };
  const heldTier: HeldTier = {
    ...inner,
    refusesDeletes: false,
    refusesFills: false,
    async get(key) {
      const hit = await inner.get(key);
      if (answers.isHeld()) await answers.pass();
      return hit;
    },
    set: (key, entry) => sent(() => inner.set(key, entry)),
    setFenced: (key, entry, startedAtMs) => sent(() => inner.setFenced(key, entry, startedAtMs)),
    leases: {
      ...inner.leases,
      fill: (key, entry, token) => sent(() => inner.leases.fill(key, entry, token)),
    },
    delete: (key) => (heldTier.refusesDeletes ? false : inner.delete(key)),
    deleteFenced: (key, version) => (heldTier.refusesDeletes ? false : inner.deleteFenced(key, version)),
    holdNextGet: answers.holdNext,
    holdNextFill: fills.holdNext,
  };
  return heldTier;
}
