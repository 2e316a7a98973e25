import { duration } from './axis-kinds.ts';
import type { Axes, ValuesOf } from './axis.ts';
import { entityNames } from './entities.ts';

/** What a candidate says of the lifetimes of single entities. Caches take these axes as they are. */
export const lifetimeAxes = {
  'feed-ttl': {
    field: 'feedTtlMs',
    meaning: 'lifetime of a feed, which no write invalidates',
    fallback: 10_000,
    matters: 'all',
    ...duration,
  },
} as const satisfies Axes;

/** The lifetimes of entities that have one of their own, in milliseconds. */
export type OwnLifetimes = ValuesOf<typeof lifetimeAxes>;

const fields: ReadonlyMap<string, keyof OwnLifetimes> = new Map([[entityNames.feed, 'feedTtlMs']]);

/** How long entries of an entity live whatever the candidate says of all others, in milliseconds; null: as all others. */
export function ownLifetimeMsOf(entityName: string, lifetimes: OwnLifetimes): number | null {
  const field = fields.get(entityName);
  return field === undefined ? null : lifetimes[field];
}

/** The longest of them, in milliseconds. */
export const longestOwnLifetimeMs = (lifetimes: OwnLifetimes): number =>
  Math.max(...[...fields.values()].map((field) => lifetimes[field]));
