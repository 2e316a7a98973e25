import { choiceOf } from '../contract/axis-kinds.ts';
import { fallbacksOf } from '../contract/axis.ts';
import type { Axes, ValuesOf } from '../contract/axis.ts';
import type { SystemDefinition } from '../contract/system.ts';
import { cacheFigures } from './figures.ts';
import { invalidationKinds } from './invalidation/index.ts';
import { parameterAxes } from './settings/cache-axes.ts';
import { redisUsesOf } from './settings/chosen-strategy.ts';
import { contradictionOf } from './settings/refused-settings.ts';
import { strategies } from './strategies/index.ts';
import type { StrategyDefinition } from './strategy.ts';
import { tiersOf } from './tiers/index.ts';

const axes = {
  strategy: {
    field: 'strategy',
    meaning: 'how reads are answered, and what a write does to what is kept; stands in front of a colon',
    fallback: 'cache-aside',
    matters: 'all',
    isLeadingWord: true,
    ...choiceOf(strategies),
  },
  ...parameterAxes,
} as const satisfies Axes;

type CacheValues = ValuesOf<typeof axes>;

const fallbacks = fallbacksOf(axes);

/** A strategy has defaults of its own. Without a tier in each process there is nobody to tell of a write. */
function complete(given: Partial<CacheValues>): CacheValues {
  const strategy = given.strategy ?? fallbacks.strategy;
  const { defaults }: StrategyDefinition = strategies[strategy];
  const usual = { ...fallbacks, ...defaults, strategy };
  const hasLocal = tiersOf(given.tiers ?? usual.tiers).local !== null;
  const instead = invalidationKinds[usual.invalidation].insteadWithoutLocalTier;
  return { ...usual, ...(instead !== null && !hasLocal && { invalidation: instead }), ...given };
}

/** The caches: a strategy, its tiers and what keeps them right. */
export const cacheSystem: SystemDefinition<typeof axes> = {
  name: 'cache',
  summary: 'where reads are answered from, and how what is kept follows the writes',
  axes,
  isAlwaysTold: true,
  isUsed: ({ tiers }) => tiers !== 'none',
  complete,
  refuses: (values, given) =>
    contradictionOf(values, new Set([...given].filter((name) => name !== 'strategy'))),
  redisUses: redisUsesOf,
  figures: cacheFigures,
  workHeading: 'Per 1,000 requests the caches did:',
};
