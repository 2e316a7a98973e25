import { parseCandidate } from '../../app/candidates/parse-candidate.ts';
import type { Assignment } from '../harness/bench.ts';
import { makeKeys } from '../harness/photo-records.ts';
import type { CacheSetting, OpenCache } from './contestant.ts';
import { openDarkroom } from './darkroom.ts';

/** A contestant as one bench enters it. */
export type Entrant = {
  readonly open: OpenCache;
  /** Which of its ways to read is measured. */
  readonly call: 'read' | 'get' | 'readMany';
  readonly tiers: CacheSetting['tiers'];
  /** Ours alone: what must parse before it can take part. */
  readonly candidate?: string;
};

/** A bench's contestants by their label. */
export type Entrants = Readonly<Record<string, Entrant>>;

/** A candidate of ours. What it has of tiers stands in its text. */
export function darkroom(candidate: string, hasMetrics = false): Entrant {
  return { open: openDarkroom(candidate, hasMetrics), call: 'read', tiers: 'memory+redis', candidate };
}

/** Why an entrant cannot take part: this Darkroom does not know its candidate. */
export function unavailableAmong(entrants: Entrants): (label: string) => string | null {
  return (label) => {
    const candidate = entrants[label]?.candidate;
    if (candidate === undefined) return null;
    try {
      parseCandidate(candidate);
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
}

/** The entrant of an assignment. Throws for a label that nobody has. */
export function entrantOf(entrants: Entrants, label: string): Entrant {
  const entrant = entrants[label];
  if (entrant === undefined) throw new RangeError(`there is no contestant ${label}`);
  return entrant;
}

/** The setting of a cache over `keys` ids, loaded by `load`. */
export function settingFor(
  { redisUrl, keyPrefix, part }: Assignment,
  { tiers }: Entrant,
  keys: { readonly count: number; readonly inMemory: number },
  load: CacheSetting['load'],
): CacheSetting {
  const sender = `${process.pid}:${part}`;
  return {
    tiers,
    memoryEntries: keys.inMemory,
    redisUrl,
    keyPrefix,
    sender,
    keyOf: makeKeys(keys.count),
    load,
  };
}
