import xxhash from 'xxhash-wasm';

/** Spreads texts evenly over whole numbers from 0 to 2^32 - 1: the same text everywhere to the same one. */
export type HashText = (text: string) => number;

/** xxHash (https://xxhash.com), in WebAssembly, which has to be made first. */
export async function createHashText(): Promise<HashText> {
  const { h32 } = await xxhash();
  return (text) => h32(text);
}

/** To which of so many workers a counter belongs. */
export const workerOf = (hash: number, workers: number): number => hash % workers;

/** In which queue of its worker it waits. The workers have used up the low part of the hash. */
export const queueOf = (hash: number, workers: number, queues: number): number =>
  Math.floor(hash / workers) % queues;
