/** What decides over the room that entries have in the memory tier, beside its eviction policy. */

/** Negative entries kept at once: a stream of invented ids must not push real entries out. */
export const negativeEntriesMax = 10_000;
/** With `promotion=hot`: misses of a key, in recent memory, after which its entry is let in. */
export const missesToBeHot = 2;
/** What an entry costs beside its key and value: the records around it and the slot that holds it. */
const recordBytes = 160;

/** What an entry weighs. Characters of a key take two bytes. */
export function entryBytesOf(keyLength: number, valueBytes: number): number {
  return recordBytes + keyLength * 2 + valueBytes;
}
