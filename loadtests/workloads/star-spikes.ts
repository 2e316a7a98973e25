import { sentOperations } from '../../app/contract/operations.ts';
import { celebritiesOf } from './celebrities.ts';
import { randomAt, streams, uint32At } from './counter-random.ts';
import type { PlannedOperation } from './operation-mix.ts';
import type { PopulationSize } from './population-size.ts';
import type { RequestTables } from './request-tables.ts';

/**
 * A spike of data: at constant volume, one photo takes a large part of all reads and likes. In each stretch of requests a celebrity
 * posts once, and the newest photo that the celebrity has of old is read and liked: the load cannot know the id of the new one.
 * The interest rises, holds and decays. All lengths are in requests, so that a spike fits into a round of any rate: 600 requests
 * are 8 s at 75 a second.
 */
export const spikes = { stretch: 600, length: 300, readShare: 0.2, likeShare: 0.5 } as const;

/** Parts of a spike's length: until it is at its height, until it decays; and the part in which it falls to 1/e. */
const rise = 0.1;
const holdUntil = 0.5;
const decay = 0.15;
/** What a spike makes of a request. */
export type Spiked =
  | { readonly kind: 'star-posts'; readonly starId: number }
  | {
      readonly kind: 'hot-photo';
      readonly photoId: number;
      readonly operation: 'photoPage' | 'image' | 'comments' | 'like';
    };

/** How much of its height a spike has, from 0 to 1, at a part of its length. */
export function intensityAt(part: number): number {
  if (part < 0 || part >= 1) return 0;
  if (part < rise) return part / rise;
  return part < holdUntil ? 1 : Math.exp((holdUntil - part) / decay);
}

/** Null where a request stays what it is. */
export function createSpikes(
  size: PopulationSize,
  tables: RequestTables,
): (pass: number, index: number, operation: PlannedOperation) => Spiked | null {
  const { seed, photos } = size;
  const celebrities = celebritiesOf(size).map(({ id }) => id);
  const stars = celebrities.length > 0 ? celebrities : [tables.personAt(0)[0]];
  return (pass, index, operation) => {
    const stretch = Math.floor(index / spikes.stretch);
    const starId = stars[uint32At(seed, pass, streams.spikes, stretch) % stars.length] as number;
    const onset = Math.floor((randomAt(seed, pass, streams.spikes, stretch, 1) * spikes.stretch) / 4);
    const since = (index % spikes.stretch) - onset;
    if (since === 0) return { kind: 'star-posts', starId };
    const taken = randomAt(seed, pass, streams.spikeTakes, index) / intensityAt(since / spikes.length);
    const [, , , newestPhoto] = tables.personAt(starId - 1);
    // Where the celebrity has no photo, the newest of all is looked at.
    const hot = { kind: 'hot-photo', photoId: newestPhoto || photos } as const;
    if (operation === 'like') return taken < spikes.likeShare ? { ...hot, operation } : null;
    if (sentOperations[operation].method !== 'GET' || !(taken < spikes.readShare)) return null;
    return { ...hot, operation: readAt(randomAt(seed, pass, streams.spikeTakes, index, 1)) };
  };
}

function readAt(u: number): 'photoPage' | 'image' | 'comments' {
  if (u < 0.5) return 'photoPage';
  return u < 0.8 ? 'image' : 'comments';
}
