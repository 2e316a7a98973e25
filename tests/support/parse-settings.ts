import { parseCandidate } from '../../app/candidates/parse-candidate.ts';
import type { ValuesOf } from '../../app/contract/axis.ts';
import type { cacheSystem } from '../../app/cache/system.ts';

type Settings = ValuesOf<(typeof cacheSystem)['axes']>;

const known = new Map<string, Settings>();

/** What a candidate's text says of the cache. Nobody changes it, and some texts are asked for a thousand times. */
export function parseSettings(text: string): Settings {
  const settings = known.get(text) ?? parseCandidate(text).cache;
  known.set(text, settings);
  return settings;
}
