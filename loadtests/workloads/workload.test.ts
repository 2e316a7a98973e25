import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { operations } from '../../app/contract/operations.ts';
import { mixes } from './operation-mix.ts';
import type { PlannedOperation } from './operation-mix.ts';
import { photoWeights } from './population.ts';
import { samplePhotos } from './sample-photos.ts';
import { skew } from './request-tables.ts';
import { createWorkload } from './workload.ts';
import type { PlannedRequest } from './workload.ts';

const settings = { seed: 1, people: 500, photos: 5_000, mix: 'social-default' } as const;
const workload = createWorkload(settings);
const pass = 2;
const planned = Array.from({ length: 50_000 }, (_, index) => workload.requestAt(pass, index));

const of = (...names: readonly PlannedOperation[]): PlannedRequest[] =>
  planned.filter(({ operation }) => names.includes(operation));

function sharesOf(ids: readonly (number | undefined)[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const id of ids) if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1 / ids.length);
  return counts;
}

test('plans the golden requests: a changed one makes every earlier result incomparable', () => {
  const golden: readonly (readonly [index: number, request: PlannedRequest])[] = [
    [0, { operation: 'feedPage', viewerId: 430, params: { userId: 430 } }],
    [3, { operation: 'profileGrid', viewerId: 262, params: { userId: 497 } }],
    [4, { operation: 'like', viewerId: 125, params: { photoId: 4_710 } }],
    [43, { operation: 'comment', viewerId: 311, params: { photoId: 4_968 }, text: 'note aimwyo' }],
    [185, { operation: 'follow', viewerId: 329, params: { userId: 278 } }],
    [204, { operation: 'post', viewerId: 172, params: { userId: 172 }, text: 'note w0qg0x', sample: 2 }],
    [1_813, { operation: 'unfollow', viewerId: 354, params: { userId: 65 } }],
    [3_595, { operation: 'editCaption', viewerId: 190, params: { photoId: 831 }, text: 'note jw56hf' }],
    [5_672, { operation: 'deletePhoto', viewerId: 37, params: { photoId: 3_309 } }],
  ];
  for (const [index, request] of golden) assert.deepEqual(planned[index], request, `request ${index}`);
  const hash = createHash('sha256');
  for (const request of planned.slice(0, 10_000)) hash.update(`${JSON.stringify(request)}\n`);
  assert.equal(hash.digest('hex'), '832c942d0eb1ac95aba419f6242bc7d6e0cb854c2a4220bb85cbb0abd27f94da');
});

test('a request depends on nothing but its pass and index', () => {
  const again = createWorkload(settings);
  for (const index of [49_999, 0, 7, 31_000, 7])
    assert.deepEqual(again.requestAt(pass, index), planned[index]);
});

test('another pass and another seed ask for other things', () => {
  const other = createWorkload({ ...settings, seed: 2 });
  const same = (plan: (index: number) => PlannedRequest): number =>
    planned
      .slice(0, 1_000)
      .filter((request, index) => JSON.stringify(request) === JSON.stringify(plan(index))).length;
  assert.ok(same((index) => workload.requestAt(pass + 1, index)) < 50);
  assert.ok(same((index) => other.requestAt(pass, index)) < 50);
});

test('every request fits its route and the seeded rows', () => {
  const isId = (id: number | undefined, most: number): boolean =>
    id !== undefined && Number.isInteger(id) && id >= 1 && id <= most;
  for (const { operation, viewerId, params } of planned) {
    assert.ok(isId(viewerId, settings.people));
    const isOfPhoto = operations[operation].route.includes(':photoId');
    assert.ok(
      isOfPhoto ? isId(params['photoId'], settings.photos) : isId(params['userId'], settings.people),
      operation,
    );
  }
});

test('writes are ones that the service allows', () => {
  for (const { viewerId, params } of of('editCaption', 'deletePhoto')) {
    assert.equal(
      workload.population.photoOwner[(params['photoId'] ?? 0) - 1],
      viewerId,
      'only the owner changes a photo',
    );
  }
  for (const { viewerId, params } of of('post', 'feedPage'))
    assert.equal(params['userId'], viewerId, 'only for oneself');
  for (const { viewerId, params } of of('follow', 'unfollow')) assert.notEqual(params['userId'], viewerId);
  for (const { text } of of('comment', 'editCaption', 'post'))
    assert.ok(text !== undefined && text.length > 0 && text.length < 100);
  assert.deepEqual(
    new Set(of('post').map(({ sample }) => sample)),
    new Set(samplePhotos.keys()),
    'each sample is posted',
  );
});

test('reads of photos follow their weights', () => {
  const weights = photoWeights(workload.population, skew.photoReads);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const reads = of('photoPage', 'comments');
  const shares = sharesOf(reads.map(({ params }) => params['photoId']));
  const hottest = [...weights.keys()]
    .sort((a, b) => (weights[b] as number) - (weights[a] as number))
    .slice(0, 20);
  for (const index of hottest) {
    const expected = (weights[index] as number) / total;
    const spread = 5 * Math.sqrt((expected * (1 - expected)) / reads.length);
    assert.ok(Math.abs((shares.get(index + 1) ?? 0) - expected) < spread, `photo ${index + 1}`);
  }
});

test('profiles follow a Zipf law over the most attractive people', () => {
  const reads = of('profileGrid', 'followers');
  const shares = sharesOf(reads.map(({ params }) => params['userId']));
  const norm = Array.from({ length: settings.people }, (_, index) => (index + 1) ** -skew.profiles).reduce(
    (sum, weight) => sum + weight,
    0,
  );
  for (const [index, id] of workload.population.peopleByRank.slice(0, 10).entries()) {
    const expected = (index + 1) ** -skew.profiles / norm;
    const spread = 5 * Math.sqrt((expected * (1 - expected)) / reads.length);
    assert.ok(Math.abs((shares.get(id) ?? 0) - expected) < spread, `rank ${index + 1}`);
  }
});

test('some people are always there: viewers follow a Zipf law, and all take part', () => {
  const shares = [...sharesOf(planned.map(({ viewerId }) => viewerId)).values()].sort((a, b) => b - a);
  const norm = Array.from({ length: settings.people }, (_, index) => (index + 1) ** -skew.viewers).reduce(
    (sum, weight) => sum + weight,
    0,
  );
  assert.ok(Math.abs((shares[0] ?? 0) - 1 / norm) < 0.005, `the most active one sends ${shares[0]}`);
  assert.equal(shares.length, settings.people);
});

test('writes are spread wider than reads', () => {
  const top = (requests: readonly PlannedRequest[]): number => {
    const shares = [...sharesOf(requests.map(({ params }) => params['photoId'])).values()].sort(
      (a, b) => b - a,
    );
    return shares.slice(0, 10).reduce((sum, share) => sum + share, 0);
  };
  assert.ok(top(of('like', 'comment')) < top(of('photoPage', 'comments')));
});

test('the smallest population can be asked for everything', () => {
  const tiny = createWorkload({ ...settings, people: 20, photos: 20 });
  const seen = new Set<PlannedOperation>();
  for (let index = 0; index < 50_000; index += 1) {
    const { operation, viewerId, params } = tiny.requestAt(pass, index);
    seen.add(operation);
    assert.ok(viewerId <= 20 && Object.values(params).every((id) => id >= 1 && id <= 20));
    if (operation === 'follow' || operation === 'unfollow') assert.notEqual(params['userId'], viewerId);
  }
  assert.deepEqual([...seen].sort(), Object.keys(mixes[settings.mix]).sort());
});
