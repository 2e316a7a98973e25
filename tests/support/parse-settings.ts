import { parseCandidate } from '../../app/candidates/parse-candidate.ts';
import type { ValuesOf } from '../../app/contract/axis.ts';
import type { cacheSystem } from '../../app/cache/system.ts';

/** What a candidate's text says of the cache. */
export function parseSettings(text: string): ValuesOf<(typeof cacheSystem)['axes']> {
  return parseCandidate(text).cache;
}
