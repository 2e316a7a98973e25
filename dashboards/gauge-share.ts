import { byInstance } from './board-scope.ts';
import type { createPromql, GaugeKey, Matches } from './promql.ts';

/** One gauge as a share of another one, such as its limit, for each process. */
export function gaugeShare<K extends GaugeKey, M extends GaugeKey>(
  promql: ReturnType<typeof createPromql>,
  part: K,
  whole: M,
  where?: Matches<K>,
): string {
  const of = { by: byInstance };
  return `${promql.sum(part, { ...of, ...(where !== undefined && { where }) })} / ${promql.sum(whole, of)}`;
}
