import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sentOperations } from '../../app/contract/operations.ts';
import { celebritiesOf } from './celebrities.ts';
import { intensityAt, spikes } from './star-spikes.ts';
import { createWorkload } from './workload.ts';
import type { PlannedRequest } from './workload.ts';

const settings = { seed: 1, people: 2_000, photos: 20_000, followers: 'heavy', mix: 'star-spikes' } as const;
const workload = createWorkload(settings);
const stretches = 100;
const planned = Array.from({ length: stretches * spikes.stretch }, (_, index) =>
  workload.requestAt(2, index),
);
const stretchOf = (number: number): readonly PlannedRequest[] =>
  planned.slice(number * spikes.stretch, (number + 1) * spikes.stretch);
const stars = celebritiesOf(settings).map(({ id }) => id);
const ownerOf = (photoId: number): number => workload.population.photoOwner[photoId - 1] as number;

/** Of the requests about the photos that `isOf` takes, the photo that most are about, and how many are. */
function hottest(requests: readonly PlannedRequest[]): readonly [photoId: number, count: number] {
  const counts = new Map<number, number>();
  for (const { params } of requests) {
    const { photoId } = params;
    if (photoId !== undefined) counts.set(photoId, (counts.get(photoId) ?? 0) + 1);
  }
  return [...counts].reduce((most, one) => (one[1] > most[1] ? one : most), [0, 0]);
}

test('a star posts once in each stretch, in its first quarter', () => {
  for (let number = 0; number < stretches; number += 1) {
    const posts = stretchOf(number)
      .slice(0, spikes.stretch / 4)
      .filter(({ operation, viewerId }) => operation === 'post' && stars.includes(viewerId));
    assert.ok(posts.length >= 1, `stretch ${number}`);
  }
  const posting = planned.filter(
    ({ operation, viewerId }) => operation === 'post' && stars.includes(viewerId),
  );
  assert.ok(posting.length < 1.2 * stretches);
  assert.equal(new Set(posting.map(({ viewerId }) => viewerId)).size, stars.length, 'each of them');
});

test('during a spike one photo of a star takes a fifth of the reads and half of the likes; afterwards none does', () => {
  const held = Array.from({ length: stretches }, (_, number) => {
    const requests = stretchOf(number);
    const onset = requests.findIndex(
      ({ operation, viewerId }) => operation === 'post' && stars.includes(viewerId),
    );
    return requests.slice(onset + 0.1 * spikes.length, onset + 0.5 * spikes.length);
  });
  let [reads, likes, hotReads, hotLikes] = [0, 0, 0, 0];
  for (const requests of held) {
    const [photoId] = hottest(requests);
    assert.ok(stars.includes(ownerOf(photoId)), `photo ${photoId}`);
    const likesOf = requests.filter(({ operation }) => operation === 'like');
    const readsOf = requests.filter(({ operation }) => sentOperations[operation].method === 'GET');
    likes += likesOf.length;
    reads += readsOf.length;
    hotLikes += likesOf.filter(({ params }) => params['photoId'] === photoId).length;
    // Of the reads of a photo's picture its id is not known here; they are three of ten.
    hotReads += readsOf.filter(({ params }) => params['photoId'] === photoId).length / 0.7;
  }
  assert.ok(Math.abs(hotLikes / likes - spikes.likeShare) < 0.06, `${hotLikes / likes} of the likes`);
  assert.ok(Math.abs(hotReads / reads - spikes.readShare) < 0.03, `${hotReads / reads} of the reads`);
  const calm = Array.from({ length: stretches }, (_, number) =>
    stretchOf(number).slice(spikes.stretch / 4 + spikes.length),
  ).flat();
  assert.ok(hottest(calm)[1] / calm.length < 0.05);
});

test('a spike rises, holds and decays, and is bounded', () => {
  assert.equal(intensityAt(-0.01), 0);
  assert.equal(intensityAt(0.05), 0.5);
  assert.equal(intensityAt(0.3), 1);
  assert.ok(intensityAt(0.7) < intensityAt(0.6) && intensityAt(0.7) > 0);
  assert.equal(intensityAt(1), 0);
});

test('without celebrities somebody else is the star of the spikes', () => {
  const even = createWorkload({ ...settings, followers: 'even' });
  const [first] = even.tables.personAt(0);
  const posts = Array.from({ length: 10 * spikes.stretch }, (_, index) => even.requestAt(2, index)).filter(
    ({ operation, viewerId }) => operation === 'post' && viewerId === first,
  );
  assert.ok(posts.length >= 10);
});
