import type { CacheWrite, ChangedKey } from '../cache.ts';
import type { TieredDecisions, WriteSteps } from '../strategy.ts';

/**
 * Does a write of something that is gone then. The strategy decides the order as for every write, and no policy passes over a key; where
 * the strategy tells no tier after the commit, that is done here. `steps`: those that spare nothing.
 */
export async function writeRemoval<R>(
  write: CacheWrite<R>,
  decisions: Pick<TieredDecisions, 'write'>,
  steps: WriteSteps,
): Promise<R> {
  let isTold = false;
  let gone: readonly ChangedKey[] = [];
  const told = (step: WriteSteps['invalidate']) => (changed: readonly ChangedKey[]) => {
    isTold = true;
    return step(changed);
  };
  const store: CacheWrite<R>['store'] = async () => {
    const stored = await write.store();
    gone = stored.changed;
    return stored;
  };
  const result = await decisions.write(
    { ...write, store },
    { ...steps, invalidate: told(steps.invalidate), refill: told(steps.refill) },
  );
  if (!isTold) await steps.invalidate(gone);
  return result;
}
