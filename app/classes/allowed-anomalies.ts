import type { Anomaly } from '../cache/settings/anomalies.ts';
import type { CacheSettings } from '../cache/settings/cache-axes.ts';
import { allowedBy } from '../cache/settings/chosen-strategy.ts';
import { policiesOf } from './system.ts';
import type { ClassValues } from './system.ts';

/**
 * What a candidate may serve that a finished write has replaced: what its cache leaves possible, and what single classes do beyond that.
 * Their tiers are some of the candidate's, and make nothing else possible.
 */
export function allowedByCandidate({
  cache,
  classes,
}: {
  readonly cache: CacheSettings;
  readonly classes: ClassValues;
}): readonly Anomaly[] {
  const ofAll = allowedBy(cache);
  const isSpared = [...policiesOf(classes).values()].some(({ invalidation }) => invalidation === 'ttl');
  return isSpared && !ofAll.includes('no-invalidation') ? [...ofAll, 'no-invalidation'] : ofAll;
}
