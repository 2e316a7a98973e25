import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptedFormatOf } from './accepted-format.ts';

test('who names webp gets it, unless jpeg is liked better', () => {
  const chrome = 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8';
  for (const accept of [
    chrome,
    'image/webp',
    'IMAGE/WEBP;Q=0.5',
    'image/webp ; q=0.8, image/jpeg;q=0.8',
    'text/html, image/webp;q=0.001',
  ])
    assert.equal(acceptedFormatOf(accept), 'webp', accept);
  for (const accept of ['image/webp;q=0.5, image/jpeg', 'image/webp;q=0', 'image/webp;q=0.9, image/*'])
    assert.equal(acceptedFormatOf(accept), 'jpeg', accept);
});

test('everybody else gets jpeg, whatever the header says', () => {
  for (const accept of [
    undefined,
    '',
    '*/*',
    'image/*',
    'image/png',
    'image/webpx',
    'image/webp;q=2',
    'image/webp;q=nan',
    'webp',
    `image/webp,${'x'.repeat(1_000)}`,
  ])
    assert.equal(acceptedFormatOf(accept), 'jpeg', String(accept));
});
