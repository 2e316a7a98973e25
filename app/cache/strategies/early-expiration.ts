import { storeThenInvalidate } from '../strategy.ts';
import type { TieredDefinition } from '../strategy.ts';
import { readThrough } from './read-through.ts';

/**
 * **early-expiration** (XFetch): each read draws whether the entry counts as expired already, the likelier the nearer its end
 * and the longer its load took ([Optimal Probabilistic Cache Stampede Prevention](https://doi.org/10.14778/2757807.2757813)).
 * One reader loads early and waits; the others go on with what is fresh. It needs no coordination between replicas, so several
 * may load early at once, and slow loads are repeated more often. `beta` above 1 loads earlier.
 */
export const earlyExpiration: TieredDefinition = {
  ...readThrough,
  name: 'early-expiration',
  summary: 'XFetch: a reader loads early with a chance that grows towards expiry; the others go on',
  parameters: ['beta'],
  decisions: ({ random, candidate }) => ({
    // 1 - random() is never 0, so the logarithm is finite.
    decide: ({ freshUntil, loadMs }, nowMs) =>
      nowMs - loadMs * candidate.beta * Math.log(1 - random()) < freshUntil ? 'serve' : 'load',
    write: storeThenInvalidate,
  }),
};
