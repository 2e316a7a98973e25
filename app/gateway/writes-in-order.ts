import { DarkroomError } from '../errors.ts';

/** Runs work that is about the same thing one after another, and all else side by side. */
export type WritesInOrder = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/** All that wait or are under way. Each is one statement, of which storage takes a few thousand a second. */
const writesMax = 1_000;

export function createWritesInOrder(): WritesInOrder {
  /** Of each key that which was asked for last; it never rejects. */
  const tails = new Map<string, Promise<unknown>>();
  let waiting = 0;
  return async (key, work) => {
    if (waiting >= writesMax)
      throw new DarkroomError('OVERLOADED', 'Too many writes wait for storage; try again in a moment.');
    waiting += 1;
    const result = (tails.get(key) ?? Promise.resolve()).then(work);
    const tail = result.catch(() => {});
    tails.set(key, tail);
    try {
      return await result;
    } finally {
      waiting -= 1;
      if (tails.get(key) === tail) tails.delete(key);
    }
  };
}
