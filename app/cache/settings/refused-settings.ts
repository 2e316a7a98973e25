import { formatBytes } from '../../contract/axis-kinds.ts';
import { invalidationKinds } from '../invalidation/index.ts';
import { tierKinds, tiersOf } from '../tiers/index.ts';
import type { TierDefinition } from '../tiers/tier.ts';
import { isOwnParameter } from './cache-axes.ts';
import type { CacheSettings } from './cache-axes.ts';
import { ownersOf, redisUsesOf, strategyOf } from './chosen-strategy.ts';
import { redisBytesLeast } from './memory-bounds.ts';

/** Parameters that speak of a tier that is not there. */
function missingTier({ tiers }: CacheSettings, given: ReadonlySet<string>): string | null {
  const { local, shared } = tiersOf(tiers);
  if ((local === null || shared === null) && given.has('promotion'))
    return '"promotion" is from redis to memory; it needs tiers=memory+redis.';
  for (const kind of Object.values<TierDefinition>(tierKinds)) {
    if (kind === local || kind === shared) continue;
    for (const [name, what] of Object.entries(kind.parameters))
      if (given.has(name)) return `"${name}" ${what}, and there is none.`;
  }
  return null;
}

/** Mechanisms that need something which the settings do not have. */
function missingPart({ tiers, invalidation, protection }: CacheSettings): string | null {
  const { local, shared } = tiersOf(tiers);
  const reason = invalidationKinds[invalidation].refuses({
    hasLocalTier: local !== null,
    hasSharedTier: shared !== null,
    joinsLoads: protection !== 'none',
  });
  if (reason !== null) return reason;
  if (protection === 'lease' && shared === null)
    return 'protection=lease is given by redis, and there is none.';
  return null;
}

/** Why the Redis of so many replicas would be full before it keeps anything, or null. */
export function lackOfRedisMemory(settings: CacheSettings, replicas: number): string | null {
  const { redisMemoryBytes, queueEntriesMax } = settings;
  const uses = redisUsesOf(settings);
  const hasQueue = uses.includes('queue');
  const least = redisBytesLeast(hasQueue ? queueEntriesMax : 0, replicas);
  if (!uses.includes('entries') || redisMemoryBytes >= least) return null;
  const queue = hasQueue ? `, a queue of ${queueEntriesMax} writes` : '';
  const whose = replicas === 1 ? 'a replica' : `${replicas} replicas`;
  return `redis-memory=${formatBytes(redisMemoryBytes)} is less than Redis takes for itself${queue} and ${whose}: at least ${formatBytes(least)}.`;
}

/** Why a strategy and these parameters make no sense together, or null. `given`: the parameters that the text names. */
export function contradictionOf(settings: CacheSettings, given: ReadonlySet<string>): string | null {
  const { strategy, tiers } = settings;
  const definition = strategyOf(settings);
  const [parameter] = given;
  if (!definition.usesTiers) {
    if (parameter === undefined) return null;
    return `${strategy} keeps nothing, so "${parameter}" has no meaning for it.`;
  }
  if (tiers === 'none') return `${strategy} needs a tier; the candidate without one is no-cache.`;
  const foreign = [...given].filter(isOwnParameter).find((name) => !definition.parameters.includes(name));
  if (foreign !== undefined) {
    const owners = ownersOf(foreign).join(' and ');
    return `"${foreign}" has no meaning for ${strategy}; it is a parameter of ${owners}.`;
  }
  return (
    definition.refuses(settings) ??
    missingTier(settings, given) ??
    missingPart(settings) ??
    lackOfRedisMemory(settings, 1)
  );
}
