/**
 * The secret of the session that a seeded person has all the time. Its token is the SHA-256 of this text, in
 * base64url as the service gives tokens out. The seeder stores the hash of each token, and the load sends the
 * token. Whoever knows the seed knows them all, which is what a lab is for.
 *
 * The caller hashes it with the library of Node or of k6: that takes a microsecond, where k6's interpreter
 * would take hundreds.
 */
export function sessionSecretOf(seed: number, personId: number): string {
  return `session of person ${personId} in seed ${seed}`;
}

/** The secret of a session that a load may end, by its number. */
export function endingSecretOf(seed: number, session: number): string {
  return `session ${session} that ends in seed ${seed}`;
}
