import type { Entry } from '../../app/cache/entry.ts';
import { evictionPolicies } from '../../app/cache/eviction/index.ts';
import type { EvictionPolicy } from '../../app/cache/bounded-store/eviction-policy.ts';
import { invalidationKinds } from '../../app/cache/invalidation/index.ts';
import type { CacheSettings } from '../../app/cache/settings/cache-axes.ts';
import { redisOwnBytes } from '../../app/cache/settings/memory-bounds.ts';
import { strategies } from '../../app/cache/strategies/index.ts';
import type { StrategyName } from '../../app/cache/strategies/index.ts';
import { freshOnly } from '../../app/cache/strategy.ts';
import type { ReadDecisions, StrategyDefinition, WriteSteps } from '../../app/cache/strategy.ts';
import { tiersOf } from '../../app/cache/tiers/index.ts';

/** What a candidate does, as far as it decides over hits. Asked of the definitions of the service itself. */
export type CandidateRules = {
  readonly hasMemory: boolean;
  readonly hasRedis: boolean;
  /** Serves what is fresh and looks no further, as most do. */
  readonly isPlain: boolean;
  readonly decisions: ReadDecisions;
  /** What a write does to what it has changed. */
  readonly write: WriteEffect;
  /** Whether the other replicas hear of a write. */
  readonly tellsReplicas: boolean;
  /** Whether Redis tells the replicas itself of all that changes in it: of what it evicts, and of what one of them has filled. */
  readonly redisTellsReplicas: boolean;
  /** Whether what was loaded goes into the memory tier at once, and not only with the next read. */
  readonly fillsMemory: boolean;
  readonly redisPolicy: EvictionPolicy;
  /** Without eviction Redis refuses what is new, and the entries that it has stay until they end. */
  readonly whenRedisIsFull: 'evict' | 'decline';
  /** What of Redis's memory is left for entries. */
  readonly redisEntriesBytes: number;
};

/** `leave`: the old entry stays; `refill`: the new one takes its place. */
export type WriteEffect = 'leave' | 'invalidate' | 'refill';

/** Asks a strategy to write nothing, and notes what it does with the cache. */
async function writeEffectOf(write: TieredWrite): Promise<WriteEffect> {
  let effect: WriteEffect = 'leave';
  const noted = (does: WriteEffect) => async () => {
    effect = does;
  };
  const invalidate = noted('invalidate');
  const steps: WriteSteps = { invalidate, invalidateAhead: invalidate, refill: noted('refill') };
  await write({ store: async () => ({ result: null, changed: [] }), expected: [] }, steps);
  return effect;
}

type TieredWrite = ReturnType<Extract<StrategyDefinition, { usesTiers: true }>['decisions']>['write'];

/**
 * Redis looks at a few entries and lets the worst of them go; here the worst of all goes. One that goes by chance, or by the end of its
 * lifetime, does to hits what a queue does: requests that do not depend on each other are hit as often by either (E. Gelenbe, A
 * unified approach to the evaluation of a class of replacement algorithms, 1973). By the end of lifetimes that is so while all are as
 * long. Without eviction no policy is asked.
 */
function redisPolicyOf(name: CacheSettings['redisEviction']): EvictionPolicy {
  if (name.endsWith('lru')) return evictionPolicies.lru;
  return name.endsWith('lfu') ? evictionPolicies.lfu : evictionPolicies.fifo;
}

export async function rulesOf(
  settings: CacheSettings,
  replicas: number,
  random: () => number,
): Promise<CandidateRules> {
  const definition = definitionOf(settings.strategy);
  const { local, shared } = tiersOf(settings.tiers);
  const invalidation = invalidationKinds[settings.invalidation];
  const own = definition.usesTiers
    ? definition.decisions({ candidate: settings, random, queue: null })
    : { write: null };
  const decisions = { ...freshOnly, ...own };
  return {
    hasMemory: local !== null,
    hasRedis: shared !== null,
    isPlain: decisions.decide === freshOnly.decide,
    decisions,
    write: await effectOf(own.write, invalidation.readsChangeStream),
    tellsReplicas: invalidation.connect !== null,
    redisTellsReplicas: invalidation.redisUse === 'tracking',
    fillsMemory: invalidation.watchesOwnFills || shared === null,
    redisPolicy: redisPolicyOf(settings.redisEviction),
    whenRedisIsFull: settings.redisEviction === 'noeviction' ? 'decline' : 'evict',
    redisEntriesBytes: settings.redisMemoryBytes - redisOwnBytes(0, replicas),
  };
}

/** Storage's own stream takes out what changed, whatever the writer did. */
async function effectOf(write: TieredWrite | null, isStreamed: boolean): Promise<WriteEffect> {
  const effect = write === null ? 'leave' : await writeEffectOf(write);
  return effect === 'leave' && isStreamed ? 'invalidate' : effect;
}

function definitionOf(strategy: string): StrategyDefinition {
  if (!isStrategy(strategy)) throw new RangeError(`There is no strategy "${strategy}".`);
  return strategies[strategy];
}

function isStrategy(name: string): name is StrategyName {
  return Object.hasOwn(strategies, name);
}

/** An entry as decisions see it. There is one for all, which is changed for each question: values and versions are of no account. */
export type AskedEntry = { -readonly [Part in keyof Entry]: Entry[Part] };

export const createAskedEntry = (): AskedEntry => ({
  value: undefined,
  version: 0,
  freshUntil: 0,
  staleUntil: 0,
  loadMs: 0,
  isAbsent: false,
});
