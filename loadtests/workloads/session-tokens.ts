import { streams, uint32At } from './counter-random.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** 256 bits, six to a letter. */
const letters = 43;
const lastLetterBits = 4;

/**
 * The token of a seeded person's session, in base64url as the service gives them out. Nobody logs in during an experiment: the seeder
 * stores the hash of each token, and the load sends the token. Whoever knows the seed knows them all, which is what a lab is for.
 */
export function sessionTokenOf(seed: number, personId: number): string {
  let token = '';
  for (let index = 0; index < letters; index += 1) {
    const word = uint32At(seed, 7, streams.sessions, personId, index);
    // The last letter has four bits of the 256, and two that are zero.
    const value = index === letters - 1 ? (word >>> (32 - lastLetterBits)) << 2 : word >>> 26;
    token += alphabet[value];
  }
  return token;
}
