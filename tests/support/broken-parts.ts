import type { CacheParts } from '../../app/cache/assemble-cache.ts';
import type { Cache } from '../../app/cache/cache.ts';
import { strategyOf } from '../../app/cache/settings/chosen-strategy.ts';
import { createSingleFlight } from '../../app/cache/reads/single-flight.ts';
import type { SingleFlight } from '../../app/cache/reads/single-flight.ts';
import type { AnyEntity, CacheStrategy, Found } from '../../app/cache/strategy.ts';
import { createStrategy } from '../../app/cache/tiered-strategy.ts';
import { tiersOf } from '../../app/cache/tiers/index.ts';
import type { LocalTier, SharedTier } from '../../app/cache/tiers/tier.ts';
import { createTierStack } from '../../app/cache/tier-stack.ts';

/**
 * One part that is broken on purpose. If a search finds nothing wrong with it, the search would find nothing
 * at all.
 */
export type BrokenPart = {
  /** The candidate that rests on it. */
  readonly text: string;
  readonly breakLocal?: (local: LocalTier) => LocalTier;
  readonly breakFlights?: (flights: SingleFlight<Found>) => SingleFlight<Found>;
  readonly breakShared?: (shared: SharedTier) => SharedTier;
  /** Messages of which every second one is lost, and nobody notices. */
  readonly losesMessages?: true;
};

export const brokenParts = {
  'a memory tier that takes any version': {
    text: 'versioned:tiers=memory,protection=none',
    breakLocal: (local) => ({ ...local, setFenced: local.set }),
  },
  'a memory tier without tombstones': {
    text: 'versioned:tiers=memory,protection=none',
    breakLocal: (local) => ({ ...local, deleteFenced: (key) => local.delete(key) }),
  },
  'a shared tier that takes any version': {
    text: 'versioned:tiers=redis,protection=none',
    breakShared: (shared) => ({ ...shared, setFenced: shared.set }),
  },
  'a shared tier without tombstones': {
    text: 'versioned:tiers=redis,protection=none',
    breakShared: (shared) => ({ ...shared, deleteFenced: (key) => shared.delete(key) }),
  },
  'a lease that a write does not take back': {
    text: 'lease:tiers=redis',
    breakShared: (shared) => ({
      ...shared,
      leases: { ...shared.leases, fill: (key, entry) => fillAnyway(shared, key, entry) },
    }),
  },
  'flights that an invalidation does not mark': {
    text: 'read-through:tiers=memory',
    breakFlights: (flights) => ({ ...flights, forget: () => {} }),
  },
  'a bus that loses messages unnoticed': { text: 'versioned:tiers=memory', losesMessages: true },
  'a log of changes that loses some': { text: 'change-stream', losesMessages: true },
} as const satisfies Readonly<Record<string, BrokenPart>>;

export type BrokenPartName = keyof typeof brokenParts;

const fillAnyway = async (
  shared: SharedTier,
  ...[key, entry]: Parameters<SharedTier['set']>
): Promise<boolean> => shared.set(key, entry);

/** Joins the parts of a cache as the real code does, with the broken one among them. */
export function assembleBroken({ breakLocal, breakFlights }: BrokenPart) {
  return (parts: CacheParts): { readonly cache: Cache } => {
    const { candidate, shared } = parts;
    const whole = tiersOf(candidate.tiers).local?.create({ ...parts, settings: candidate }) ?? null;
    const local = whole === null ? null : (breakLocal?.(whole) ?? whole);
    const flights = createSingleFlight<Found>();
    const source = parts.createSource?.({
      onInvalidation: (key, version) => strategy.onInvalidation(key, version),
      onChange: (key, version) => strategy.onChange(key, version),
      onDelivery: (change) => strategy.onDelivery(change),
    });
    const entities = new Map<string, AnyEntity>();
    const strategy: CacheStrategy = createStrategy(strategyOf(candidate), {
      ...parts,
      tiers: createTierStack(local, shared),
      entities,
      queue: null,
      flights: breakFlights?.(flights) ?? flights,
      leases: candidate.protection === 'lease' ? (shared?.leases ?? null) : null,
      sender: source?.sender ?? null,
    });
    const cache: Pick<CacheStrategy, 'read' | 'readMany' | 'write'> = strategy;
    return { cache: { ...cache, register: (entity) => entity } as Cache };
  };
}
