/**
 * What a seeded person's session is made of: its token is the SHA-256 of this text, in base64url as the service gives tokens out. Nobody
 * logs in during an experiment: the seeder stores the hash of each token, and the load sends the token. Whoever knows the seed knows
 * them all, which is what a lab is for.
 *
 * The hashing is left to who knows how to do it fast: Node's library, and k6's, which takes a microsecond where its interpreter would
 * take hundreds.
 */
export function sessionSecretOf(seed: number, personId: number): string {
  return `session of person ${personId} in seed ${seed}`;
}
