import { numberKeys } from '../../app/cache/bounded-store/key-kinds.ts';
import { widened } from '../../app/cache/bounded-store/slot-lists.ts';
import { batchRowsMax, createReads } from '../recordings/recording.ts';
import type { Reads } from '../recordings/recording.ts';

/** A part of all objects, by their hashes: those from `from` on and below `to`, of all hashes from 0 to 1. */
export type Sample = { readonly from: number; readonly to: number };

export const everything: Sample = { from: 0, to: 1 };

/**
 * The events of a sample of the objects: all of an object, or none (Waldspurger, Park, Garthwaite and Ahmad, Efficient MRC construction
 * with SHARDS, FAST 2015). Its objects get numbers without gaps, so that what is kept of them is as small as the sample. What it returns
 * is valid until it is asked again.
 */
export function createSampler({ from, to }: Sample): (reads: Reads) => Reads {
  if (from === 0 && to === 1) return (reads) => reads;
  /** One more than the number in the sample of each object. */
  let numbers = new Int32Array(1_024);
  let objects = 0;
  const isTaken = (object: number): boolean => {
    const place = (numberKeys.hash(object) >>> 0) / 2 ** 32;
    return place >= from && place < to;
  };
  const numberOf = (object: number): number => {
    if (object >= numbers.length)
      numbers = widened(numbers, new Int32Array(2 ** Math.ceil(Math.log2(object + 1))));
    return (numbers[object] ||= objects += 1) - 1;
  };
  const taken = createReads(batchRowsMax);
  return (reads) => {
    let length = 0;
    for (let row = 0; row < reads.length; row += 1) {
      const object = reads.object[row] as number;
      if (!isTaken(object)) continue;
      taken.timeUs[length] = reads.timeUs[row] as number;
      taken.object[length] = numberOf(object);
      taken.event[length] = reads.event[row] as number;
      taken.class[length] = reads.class[row] as number;
      taken.bytes[length] = reads.bytes[row] as number;
      taken.lifetimeMs[length] = reads.lifetimeMs[row] as number;
      taken.replica[length] = reads.replica[row] as number;
      length += 1;
    }
    return { ...taken, length };
  };
}
