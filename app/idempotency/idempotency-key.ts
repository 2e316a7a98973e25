import { DarkroomError } from '../errors.ts';

const keyLengthMax = 255;
/** A string of structured fields (RFC 9651), as the draft asks for, or the bare token that many clients send. */
const quotedKey = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])+)"$/;
const bareKey = /^[\x21\x23-\x2b\x2d-\x7e]+$/;

/** The key of a request (draft-ietf-httpapi-idempotency-key-header). Throws INVALID_IDEMPOTENCY_KEY for what is none. */
export function parseIdempotencyKey(header: string): string {
  const text = header.trim();
  const key = quotedKey.exec(text)?.[1]?.replace(/\\(.)/g, '$1') ?? bareKey.exec(text)?.[0];
  if (key !== undefined && key.length <= keyLengthMax) return key;
  throw new DarkroomError(
    'INVALID_IDEMPOTENCY_KEY',
    `Idempotency-Key takes one string of 1 to ${keyLengthMax} visible ASCII characters in double quotes.`,
  );
}
