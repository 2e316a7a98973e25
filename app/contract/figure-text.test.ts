import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aboutSoMany, binarySize } from './figure-text.ts';

test('sizes are written with three digits at most, in the unit of which there is one', () => {
  const kib = 1_024;
  const written: readonly (readonly [number, string])[] = [
    [0, '0 B'],
    [512, '512 B'],
    [1_536, '1.5 KiB'],
    [96 * kib, '96 KiB'],
    [1_023.97 * kib, '1 MiB'],
    [56.34 * kib ** 2, '56.3 MiB'],
    [791.4 * kib ** 2, '791 MiB'],
    [3 * kib ** 3, '3 GiB'],
    [2 ** 60, '1024 PiB'],
  ];
  assert.deepEqual(
    written.map(([bytes]) => binarySize(bytes)),
    written.map(([, text]) => text),
  );
});

test('counts are told about, and never as none of something large', () => {
  const counts = [0, 870, 12_345, 999_499, 999_500, 3_440_000, 12e9];
  assert.deepEqual(counts.map(aboutSoMany), [
    '0',
    '870',
    '12 thousand',
    '999 thousand',
    '1.0 million',
    '3.4 million',
    '12000.0 million',
  ]);
});
