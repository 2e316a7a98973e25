import { widened } from '../../app/cache/bounded-store/slot-lists.ts';
import type { SimulationSettings } from './simulation-conditions.ts';

/**
 * What is known of the sizes of values and, by that, of which objects do not exist. A size is 0 where it is
 * not known.
 */
export type KnownSizes = {
  /** The size with which a read is simulated. */
  ofRead(object: number, recordedBytes: number): number;
  /** Whether storage has no such thing: a read of it has no size. */
  isGone(object: number, recordedBytes: number): boolean;
  /** What a read has brought, as far as that is known: in a recording of our own, what has no size has brought nothing. */
  readBytes(object: number, recordedBytes: number): number;
  /** The size with which a write is simulated. */
  ofChange(object: number, recordedBytes: number): number;
};

/**
 * A read that found nothing has no size. So in a recording of our own that has sizes, an object does not
 * exist if a read of it has no size, and no read or write since its last change gave one. Before the first
 * size of a recording, and in those of others, every object is taken to exist.
 */
export function createKnownSizes({
  readsWithoutSize,
}: Pick<SimulationSettings, 'readsWithoutSize'>): KnownSizes {
  const mayFindNothing = readsWithoutSize === 'find-nothing';
  /** The last known size of each object. */
  let sizes = new Uint32Array(1_024);
  /** By object: 1 where its known size is older than its last change. */
  let isOutdated = new Uint8Array(1_024);
  let areSizesKnown = false;
  const know = (object: number, bytes: number): void => {
    if (object >= sizes.length) {
      const length = 2 ** Math.ceil(Math.log2(object + 1));
      sizes = widened(sizes, new Uint32Array(length));
      isOutdated = widened(isOutdated, new Uint8Array(length));
    }
    if (bytes > 0) sizes[object] = bytes;
    isOutdated[object] = bytes > 0 ? 0 : 1;
  };
  const known = (object: number): number => (object < sizes.length ? (sizes[object] as number) : 0);
  return {
    ofRead(object, recordedBytes) {
      if (recordedBytes === 0) return known(object);
      areSizesKnown = true;
      know(object, recordedBytes);
      return recordedBytes;
    },
    isGone: (object, recordedBytes) =>
      mayFindNothing &&
      recordedBytes === 0 &&
      areSizesKnown &&
      (known(object) === 0 || isOutdated[object] === 1),
    readBytes: (object, recordedBytes) =>
      recordedBytes > 0 || mayFindNothing ? recordedBytes : known(object),
    ofChange(object, recordedBytes) {
      know(object, recordedBytes);
      return known(object);
    },
  };
}
