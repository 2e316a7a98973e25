import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DarkroomError } from '../errors.ts';
import { parseIdempotencyKey } from './idempotency-keys.ts';

test('a key is a quoted string, or the bare token that many clients send', () => {
  const cases: [string, string][] = [
    ['"8e03978e-40d5-43e8-bc93-6894a57f9324"', '8e03978e-40d5-43e8-bc93-6894a57f9324'],
    [' "a" ', 'a'],
    ['"with space, comma and ;"', 'with space, comma and ;'],
    [String.raw`"a\"b\\c"`, String.raw`a"b\c`],
    ['8e03978e-40d5', '8e03978e-40d5'],
    ['x'.repeat(255), 'x'.repeat(255)],
  ];
  for (const [header, key] of cases) assert.equal(parseIdempotencyKey(header), key, header);
});

test('anything else is refused, two keys at once too', () => {
  const headers = ['', '""', '"', '"a', 'a"', '"a", "b"', 'a, b', 'a b', '"é"', String.raw`"a\b"`];
  for (const header of [...headers, 'x'.repeat(256), `"${'x'.repeat(256)}"`])
    assert.throws(
      () => parseIdempotencyKey(header),
      (error: unknown) => error instanceof DarkroomError && error.code === 'INVALID_IDEMPOTENCY_KEY',
      header,
    );
});
