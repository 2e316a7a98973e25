import { hash, randomBytes } from 'node:crypto';

const tokenBytes = 32;
const tokenPattern = /^[A-Za-z0-9_-]{43}$/;

/** A new token: 256 bits of chance, in base64url. */
export function createToken(): string {
  return randomBytes(tokenBytes).toString('base64url');
}

/** The name under which a session is stored and kept in memory; null for what is no token. Nobody finds a token by it. */
export function hashToken(token: string): string | null {
  return tokenPattern.test(token) ? hash('sha256', token, 'base64url') : null;
}
