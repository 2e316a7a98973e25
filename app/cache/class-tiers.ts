import type { StoredIn } from './cache.ts';
import type { Fence } from './fences/fence.ts';
import { entityNameOf } from './keys.ts';
import type { ClassPolicies } from './settings/class-policies.ts';
import { tiersOf } from './tiers/index.ts';
import type { LocalTier, SharedTier, Tier } from './tiers/tier.ts';

/** Whether the tier of one kind keeps an entry, by its key. */
type Keeps = (key: string) => boolean;

/**
 * The tier of a process, without the entries that a class policy keeps out of it. The same tier where no
 * policy does.
 */
export function keepingLocal(tier: LocalTier, policies: ClassPolicies): LocalTier {
  const keeps = keepsIn('local', policies);
  if (keeps === null) return tier;
  return {
    ...tier,
    get: (key, nowMs) => (keeps(key) ? tier.get(key, nowMs) : undefined),
    getMany: (keys) => keys.map((key) => (keeps(key) ? tier.get(key) : undefined)),
    set: (key, entry) => !keeps(key) || tier.set(key, entry),
    setFenced: (key, entry, startedAtMs) => !keeps(key) || tier.setFenced(key, entry, startedAtMs),
  };
}

/** The tier that all share, likewise. */
export function keepingShared(tier: SharedTier, policies: ClassPolicies): SharedTier {
  const keeps = keepsIn('shared', policies);
  if (keeps === null) return tier;
  return {
    ...tier,
    get: (key) => (keeps(key) ? tier.get(key) : undefined),
    getMany: (keys) => getKept(tier, keys, keeps),
    set: (key, entry) => !keeps(key) || tier.set(key, entry),
    setFenced: (key, entry, startedAtMs) => !keeps(key) || tier.setFenced(key, entry, startedAtMs),
  };
}

const withoutShared = {
  none: 'none',
  local: 'local',
  shared: 'none',
  both: 'local',
} as const satisfies Record<StoredIn, StoredIn>;

/**
 * The fence, corrected in where it says that an entry was stored. The shared tier reports an entry that a class
 * policy keeps out of it as filled, since nothing has failed; the local tier is asked what it holds. The same fence
 * where no policy keeps anything out of the shared tier.
 */
export function tellingWhatIsKept(fence: Fence, policies: ClassPolicies): Fence {
  const keeps = keepsIn('shared', policies);
  if (keeps === null) return fence;
  return {
    ...fence,
    async fill(key, entry, startedAtMs, isOvertaken) {
      const fill = await fence.fill(key, entry, startedAtMs, isOvertaken);
      return keeps(key) ? fill : { ...fill, storedIn: withoutShared[fill.storedIn] };
    },
  };
}

async function getKept(tier: Tier, keys: readonly string[], keeps: Keeps) {
  const asked = keys.filter(keeps);
  const hits = asked.length === 0 ? [] : await tier.getMany(asked);
  const found = new Map(asked.map((key, index) => [key, hits[index]] as const));
  return keys.map((key) => found.get(key));
}

/** Null: no policy keeps anything out. */
function keepsIn(place: 'local' | 'shared', policies: ClassPolicies): Keeps | null {
  const out = new Set(
    [...policies].flatMap(([name, { tiers }]) =>
      tiers !== undefined && tiersOf(tiers)[place] === null ? [name] : [],
    ),
  );
  return out.size === 0 ? null : (key) => !out.has(entityNameOf(key));
}
