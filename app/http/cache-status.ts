import type { FastifyReply } from 'fastify';
import type { CacheRead, ReadOutcome, StoredIn, TierNames } from '../cache/cache.ts';
import { headers } from '../contract/headers.ts';

/** Writes the `Cache-Status` of a read at a time of the service's clock. */
export type FormatCacheStatus = (
  read: Pick<CacheRead<unknown>, 'outcome' | 'freshUntil' | 'storedIn'>,
  nowMs: number,
) => string;

/** Where a hit came from, by its outcome. */
const hitFrom: Partial<Record<ReadOutcome, keyof TierNames>> = {
  'local-hit': 'local',
  'local-stale-hit': 'local',
  'shared-hit': 'shared',
  'shared-stale-hit': 'shared',
};

const placesOfEntries: readonly StoredIn[] = ['none', 'local', 'shared', 'both'];

/**
 * The `Cache-Status` of reads (RFC 9211): a member per tier that was asked, nearest to storage first. Only tiers at and
 * before the one that answered were asked. `stored` is said of those that have taken the entry. What does not change from
 * read to read is written once.
 */
export function createFormatCacheStatus(names: TierNames): FormatCacheStatus {
  const missed = (tier: keyof TierNames, storedIn: StoredIn): string[] => {
    if (names[tier] === null) return [];
    const isStored = storedIn === tier || storedIn === 'both';
    return [`${names[tier]}; fwd=miss${isStored ? '; stored' : ''}`];
  };
  const written = (asked: readonly (keyof TierNames)[]) =>
    new Map(
      placesOfEntries.map((storedIn) => [
        storedIn,
        asked.flatMap((tier) => missed(tier, storedIn)).join(', '),
      ]),
    );
  const loads = written(['shared', 'local']);
  const joinedLoad = [names.shared, names.local]
    .flatMap((name) => (name === null ? [] : [`${name}; fwd=miss; collapsed`]))
    .join(', ');
  /** What follows a hit of the shared tier: the local one, which may have the entry now too. */
  const afterShared = written(['local']);
  return ({ outcome, freshUntil, storedIn = 'none' }, nowMs) => {
    if (outcome === 'bypass') return 'darkroom; fwd=bypass';
    if (outcome === 'load') return loads.get(storedIn) ?? '';
    const tier = hitFrom[outcome];
    if (tier === undefined) return joinedLoad;
    // A stale hit has outlived its TTL: RFC 9211 writes that as a negative one.
    const hit = `${names[tier]}; hit; ttl=${Math.floor((freshUntil - nowMs) / 1000)}`;
    const local = tier === 'shared' ? afterShared.get(storedIn) : '';
    return local === undefined || local === '' ? hit : `${hit}, ${local}`;
  };
}

/** Puts on a response which tier answered it and which version it shows. */
export type DescribeRead = (reply: FastifyReply, read: CacheRead<unknown>) => void;

export function createDescribeRead(tiers: TierNames, now: () => number): DescribeRead {
  const formatCacheStatus = createFormatCacheStatus(tiers);
  return (reply, read) => {
    reply.header(headers.cacheStatus, formatCacheStatus(read, now()));
    if (read.version > 0) reply.header(headers.entryVersion, String(read.version));
  };
}
