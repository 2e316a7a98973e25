import { randomBytes } from 'node:crypto';
import { createKeyedHash } from '../keyed-hash.ts';

/** Turns a foreign identifier into a key. */
export type KeyReader = { readonly keyOf: (identifier: string) => bigint };

/**
 * Numbers stand for themselves, all else (`007` too, which is not `7`) for its hash. What is read goes nowhere: the key of the hashes dies
 * with the command. One for each file that is opened: it is read more than once, and has the same keys each time.
 */
export function createKeyReader(): KeyReader {
  const hashOf = createKeyedHash(randomBytes(32));
  return {
    keyOf: (identifier) =>
      /^(?:0|[1-9]\d{0,17})$/.test(identifier) ? BigInt(identifier) : hashOf(identifier),
  };
}
