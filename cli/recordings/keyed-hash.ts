import { createHmac } from 'node:crypto';

/**
 * How many hashes are remembered, so that an identifier that comes often is hashed once. When there are more,
 * remembering begins anew.
 */
const rememberedMax = 100_000;
const positive = (1n << 63n) - 1n;

/**
 * Identifiers as 63 bits of HMAC-SHA-256 (RFC 2104). With a key that is made for one recording and kept nowhere, nobody can find out
 * which identifier a hash is of by hashing all there are. Of a million identifiers, two share a hash once in ten million
 * recordings.
 */
export function createKeyedHash(key: Uint8Array): (identifier: string) => bigint {
  const known = new Map<string, bigint>();
  return (identifier) => {
    const remembered = known.get(identifier);
    if (remembered !== undefined) return remembered;
    const digest = createHmac('sha256', key).update(identifier).digest();
    const hash = digest.readBigUInt64LE(0) & positive;
    if (known.size === rememberedMax) known.clear();
    known.set(identifier, hash);
    return hash;
  };
}
