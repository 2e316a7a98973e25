import type { RedisUse } from '../../contract/system.ts';
import { invalidationKinds } from '../invalidation/index.ts';
import { strategies } from '../strategies/index.ts';
import type { StrategyName } from '../strategies/index.ts';
import type { StrategyDefinition } from '../strategy.ts';
import { tiersOf } from '../tiers/index.ts';
import { anomalies } from './anomalies.ts';
import type { Anomaly } from './anomalies.ts';
import type { OwnParameter, CacheSettings } from './cache-axes.ts';

/** The definition of the strategy that the settings name. */
export function strategyOf({ strategy }: Pick<CacheSettings, 'strategy'>): StrategyDefinition {
  return strategies[strategy as StrategyName];
}

/** The strategies that know a parameter of some strategies only. */
export function ownersOf(parameter: OwnParameter): string[] {
  const definitions: readonly StrategyDefinition[] = Object.values(strategies);
  return definitions.filter(({ parameters }) => parameters.includes(parameter)).map(({ name }) => name);
}

/** What may be served that a finished write has replaced: what the strategy allows and the parameters leave possible. */
export function allowedBy(settings: CacheSettings): readonly Anomaly[] {
  return strategyOf(settings).allows.filter((anomaly) => anomalies[anomaly].canOccur(settings));
}

/** What such a cache does with a Redis. */
export function redisUsesOf(settings: CacheSettings): readonly RedisUse[] {
  const uses: (RedisUse | null)[] = [
    tiersOf(settings.tiers).shared?.redisUse ?? null,
    invalidationKinds[settings.invalidation].redisUse,
    strategyOf(settings).defersWrites === true ? 'queue' : null,
  ];
  return uses.filter((use) => use !== null);
}
