import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleObjects } from './sample-objects.ts';

const requests = Array.from({ length: 9_000 }, (_, index) => ({
  timeUs: index * 1_000,
  operation: index % 10 === 0 ? 'feedPage' : 'photoPage',
  subject: BigInt(index % 3_000) * 7_919n,
  viewer: 1n,
  request: index,
}));

test('takes a part of the objects, with all requests for each of them', () => {
  const { requests: kept, share } = sampleObjects(requests, 500);
  const photos = kept.filter(({ operation }) => operation === 'photoPage');
  const objects = new Set(photos.map(({ subject }) => subject));
  assert.ok(objects.size <= 500 && objects.size > 450, String(objects.size));
  assert.ok(Math.abs(share - objects.size / 2_700) < 0.01, String(share));
  assert.equal(photos.length, 3 * objects.size, 'each object was asked for three times');
  assert.equal(kept.length - photos.length, 900, 'what is asked of people stays');
});

test('takes all where there is room', () => {
  assert.deepEqual(sampleObjects(requests, 3_000), { requests, share: 1 });
});
