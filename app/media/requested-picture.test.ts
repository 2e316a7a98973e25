import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { acceptedFormatOf, byteRangeOf } from './requested-picture.ts';

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

test('one range is of the begin, of the middle, to the end or of the end', () => {
  const cases: [string, { first: number; last: number }][] = [
    ['bytes=0-0', { first: 0, last: 0 }],
    ['bytes=2-5', { first: 2, last: 5 }],
    ['bytes=7-', { first: 7, last: 9 }],
    ['bytes=0-99999999999999999999', { first: 0, last: 9 }],
    ['bytes=-3', { first: 7, last: 9 }],
    ['bytes=-99', { first: 0, last: 9 }],
    ['Bytes = 1-2 ', { first: 1, last: 2 }],
  ];
  for (const [header, range] of cases) assert.deepEqual(byteRangeOf(header, 10), range, header);
});

test('a range that is malformed, of another unit, or one of several, is as none', () => {
  const headers = [undefined, '', 'bytes', 'bytes=', 'bytes=-', 'bytes=a-b', 'bytes=5-2', 'bytes=0-1,3-4'];
  for (const header of [...headers, 'lines=0-1', 'bytes=0-1;', 'bytes=+1-2', 'bytes=1.5-2', 'bytes=--1'])
    assert.equal(byteRangeOf(header, 10), null, String(header));
});

test('a range of bytes that do not exist cannot be satisfied', () => {
  for (const header of ['bytes=10-', 'bytes=10-12', 'bytes=99999999999999999999-', 'bytes=-0'])
    assert.equal(byteRangeOf(header, 10), 'unsatisfiable', header);
  for (const header of ['bytes=0-', 'bytes=-1']) assert.equal(byteRangeOf(header, 0), 'unsatisfiable');
});

test('whatever is asked, the range lies within the bytes', () => {
  const header = fc.oneof(
    fc.tuple(fc.nat(30), fc.nat(30)).map(([first, last]) => `bytes=${first}-${last}`),
    fc.nat(30).map((first) => `bytes=${first}-`),
    fc.nat(30).map((count) => `bytes=-${count}`),
    fc.string().map((text) => `bytes=${text}`),
  );
  fc.assert(
    fc.property(header, fc.nat(20), (text, length) => {
      const range = byteRangeOf(text, length);
      if (range === null || range === 'unsatisfiable') return;
      assert.ok(range.first >= 0 && range.first <= range.last && range.last < length);
    }),
  );
});
