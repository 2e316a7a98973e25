import { entityNames } from './contract/entities.ts';
import { changesOf } from './contract/operations.ts';
import type { operations, WriteName } from './contract/operations.ts';

type Effects<W extends WriteName> = (typeof operations)[W]['changes'][number];

/** The keys that a write will change, as far as their ids are known before it. `areCountsApart`: as in `changesOf`. */
export function expectedBy<W extends WriteName>(
  write: W,
  ids: { readonly [E in Effects<W>]?: number },
  areCountsApart = false,
) {
  return changesOf(write, areCountsApart).flatMap((name) => {
    const id = ids[name as Effects<W>];
    return id === undefined ? [] : [{ entity: { name: entityNames[name] }, id }];
  });
}

/** The changed keys of a write, from the id and the version of each entity that the table lists for it. */
export function changedBy<W extends WriteName>(
  write: W,
  changes: { readonly [E in Effects<W>]: { readonly id: number; readonly version: number } },
  areCountsApart = false,
) {
  return changesOf(write, areCountsApart).map((name) => {
    const { id, version } = changes[name as Effects<W>];
    return { entity: { name: entityNames[name] }, id, version };
  });
}
