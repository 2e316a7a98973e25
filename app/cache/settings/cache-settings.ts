import { fallbacksOf } from '../../contract/axis.ts';
import type { ValuesOf } from '../../contract/axis.ts';
import { parameterAxes } from './cache-axes.ts';

/** What a candidate says of the cache: its strategy and the values of all parameters. */
export type CacheSettings = ValuesOf<typeof parameterAxes> & {
  /** A name of the list in `strategies/index.ts`. */
  readonly strategy: string;
};

/** The parameters where neither the text nor the strategy says otherwise. */
export const defaultParameters: ValuesOf<typeof parameterAxes> = fallbacksOf(parameterAxes);
