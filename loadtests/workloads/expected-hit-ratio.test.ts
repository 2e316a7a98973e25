import assert from 'node:assert/strict';
import { test } from 'node:test';
import { predictHitRatio } from './expected-hit-ratio.ts';
import type { HitRatioSettings, ReplayedPass } from './expected-hit-ratio.ts';
import { createSocialGraph } from './social-graph.ts';
import { createWorkload } from './workload.ts';
import type { PlannedRequest, Workload } from './workload.ts';

const readPhoto = (photoId: number): PlannedRequest => ({
  operation: 'photoPage',
  viewerId: 1,
  params: { photoId },
});
const readFeed = (userId: number): PlannedRequest => ({
  operation: 'feedPage',
  viewerId: userId,
  params: { userId },
});
const like = (photoId: number, viewerId: number): PlannedRequest => ({
  operation: 'like',
  viewerId,
  params: { photoId },
});

/** A request a second, from the beginning. */
const passOf = (changes: Partial<ReplayedPass> = {}): ReplayedPass => ({
  pass: 0,
  first: 0,
  requests: 2,
  startMs: 0,
  seconds: 2,
  isMeasured: true,
  restartsBefore: false,
  ...changes,
});

/** Two people; 1 follows 2, who owns photos 1 to 3; 1 owns photo 4. */
function scripted(requests: readonly PlannedRequest[], changes: Partial<HitRatioSettings> = {}) {
  const population = {
    size: { seed: 1, people: 2, photos: 4, followers: 'even' } as const,
    followerShare: [0.5, 0.5],
    peopleByRank: [1, 2],
    photoOwner: [2, 2, 2, 1],
    photoAgeHours: [3, 2, 1, 0],
  };
  const workload: Pick<Workload, 'population' | 'requestAt'> = {
    population,
    requestAt: (_, index) => requests[index] as PlannedRequest,
  };
  return predictHitRatio({
    workload,
    graph: { following: [[2], []] },
    tiers: 'memory+redis',
    replicas: 2,
    ttlMs: 60_000,
    ownLifetimes: { feedTtlMs: 10_000 },
    areCountsApart: false,
    passes: [passOf({ requests: requests.length, seconds: requests.length })],
    ...changes,
  });
}

const fourReads = Array.from({ length: 4 }, () => readPhoto(1));

test('fills redis once and each memory once', () => {
  assert.deepEqual(scripted(fourReads), { memory: 0.5, redis: 0.25, all: 0.75 });
  assert.deepEqual(scripted(fourReads, { tiers: 'memory' }), { memory: 0.5, redis: 0, all: 0.5 });
  assert.deepEqual(scripted(fourReads, { tiers: 'redis' }), { memory: 0, redis: 0.75, all: 0.75 });
  assert.deepEqual(scripted(fourReads, { tiers: 'none' }), { memory: 0, redis: 0, all: 0 });
  assert.deepEqual(scripted(fourReads, { replicas: 1 }), { memory: 0.75, redis: 0, all: 0.75 });
});

test('expires entries, and a promoted one with the lifetime that redis had left', () => {
  // One read each second; an entry filled at second 1 lives until just before second 3.5.
  assert.deepEqual(scripted(fourReads, { replicas: 1, ttlMs: 2_500 }), { memory: 0.5, redis: 0, all: 0.5 });
  // The second replica's copy came at second 2 and still ends with the first one's.
  assert.deepEqual(scripted(fourReads, { ttlMs: 2_500 }), { memory: 0.25, redis: 0.25, all: 0.5 });
});

test('a write removes the entry everywhere, and a like that is there already removes nothing', () => {
  const one = { replicas: 1 };
  assert.equal(scripted([readPhoto(1), like(1, 1), readPhoto(1)], one).all, 0);
  assert.equal(scripted([readPhoto(1), like(1, 1), readPhoto(1), like(1, 1), readPhoto(1)], one).all, 1 / 3);
  assert.equal(scripted([readPhoto(1), like(2, 1), readPhoto(1)], one).all, 1 / 2);
});

test('a like changes nothing that is cached where counts are kept apart; other writes do as ever', () => {
  const apart = { replicas: 1, areCountsApart: true };
  assert.equal(scripted([readPhoto(1), like(1, 1), readPhoto(1)], apart).all, 1 / 2);
  const edit: PlannedRequest = { operation: 'editCaption', viewerId: 2, params: { photoId: 1 } };
  assert.equal(scripted([readPhoto(1), edit, readPhoto(1)], apart).all, 0);
});

test('a feed is one read and one more for each photo on it', () => {
  // Feed and its three photos miss; then photo 3 hits.
  assert.equal(scripted([readFeed(1), readPhoto(3)]).all, 1 / 5);
  assert.equal(scripted([readFeed(2), readPhoto(3)]).all, 0);
});

test('a cached feed shows what it was filled with until it expires', () => {
  const post: PlannedRequest = { operation: 'post', viewerId: 2, params: { userId: 2 } };
  const seconds = (feedTtlMs: number) =>
    scripted([readFeed(1), post, readFeed(1)], { replicas: 1, ownLifetimes: { feedTtlMs } }).all;
  assert.equal(seconds(10_000), 4 / 8);
  // Expired: the feed misses, and so does the new photo on it.
  assert.equal(seconds(1_000), 3 / 9);
});

test('a deleted photo is asked of storage every time', () => {
  const remove: PlannedRequest = { operation: 'deletePhoto', viewerId: 2, params: { photoId: 3 } };
  assert.equal(scripted([readPhoto(3), remove, readPhoto(3), readPhoto(3)]).all, 0);
  assert.equal(scripted([remove, readFeed(1), readPhoto(2)]).all, 1 / 4, 'the feed has two photos left');
});

test('a follow changes the follower list once', () => {
  const followers: PlannedRequest = { operation: 'followers', viewerId: 1, params: { userId: 2 } };
  const change = (operation: 'follow' | 'unfollow'): PlannedRequest => ({
    operation,
    viewerId: 1,
    params: { userId: 2 },
  });
  assert.equal(
    scripted([followers, change('follow'), followers], { replicas: 1 }).all,
    1 / 2,
    'was followed already',
  );
  assert.equal(
    scripted([followers, change('unfollow'), followers, change('unfollow'), followers], { replicas: 1 }).all,
    1 / 3,
  );
});

test('counts the measured passes only, on caches that the others warmed', () => {
  const passes = [passOf({ isMeasured: false }), passOf({ pass: 1, startMs: 2_000 })];
  assert.equal(scripted(fourReads, { replicas: 1, passes }).all, 1);
});

test('an entry lives by the time between passes, not by their number', () => {
  const after = (startMs: number) => {
    const passes = [passOf({ isMeasured: false }), passOf({ pass: 1, startMs, requests: 1 })];
    return scripted(fourReads, { replicas: 1, ttlMs: 30_000, passes }).all;
  };
  assert.equal(after(29_000), 1);
  assert.equal(after(31_000), 0);
});

test('a pass that goes on with the requests of another asks for what comes after them', () => {
  const reads = [readPhoto(1), readPhoto(2), readPhoto(3), readPhoto(1)];
  const rest = passOf({ first: 2, startMs: 2_000 });
  assert.equal(scripted(reads, { replicas: 1, passes: [passOf({ isMeasured: false }), rest] }).all, 1 / 2);
});

test('requests alternate over the replicas by their numbers, also where a pass does not begin with an even one', () => {
  const one = passOf({ requests: 1, seconds: 1, isMeasured: false });
  const passes = [one, passOf({ first: 1, requests: 1, startMs: 1_000 })];
  assert.deepEqual(scripted(fourReads, { tiers: 'memory', passes }), { memory: 0, redis: 0, all: 0 });
});

test('a restart of the replicas empties their memories and leaves redis as it is', () => {
  const warm = passOf({ isMeasured: false });
  const next = passOf({ pass: 1, startMs: 2_000 });
  const passes = [warm, { ...next, restartsBefore: true }];
  const both = { memory: 0, redis: 1, all: 1 };
  assert.deepEqual(scripted(fourReads, { passes: [warm, next] }), { memory: 1, redis: 0, all: 1 });
  assert.deepEqual(scripted(fourReads, { passes }), both);
  assert.deepEqual(scripted(fourReads, { tiers: 'redis', passes }), both);
  assert.equal(scripted(fourReads, { tiers: 'memory', passes }).all, 0);
});

test('the demo profile revisits its keys', () => {
  const workload = createWorkload({
    seed: 1,
    people: 500,
    photos: 5_000,
    followers: 'heavy',
    mix: 'social-default',
  });
  const block = (pass: number) =>
    passOf({ pass, requests: 750, startMs: 10_000 + 5_000 * pass, seconds: 5, isMeasured: pass > 1 });
  const settings: HitRatioSettings = {
    workload,
    graph: createSocialGraph(workload.population),
    tiers: 'memory+redis',
    replicas: 2,
    ttlMs: 60_000,
    ownLifetimes: { feedTtlMs: 10_000 },
    areCountsApart: false,
    passes: [{ ...block(0), requests: 2_250, startMs: 0, seconds: 15 }, ...[1, 2, 3, 4].map(block)],
  };
  const both = predictHitRatio(settings);
  assert.ok(both.all > 0.8 && both.all < 0.97, `hit ratio ${both.all}`);
  assert.ok(Math.abs(both.all - both.memory - both.redis) < 1e-12);
  assert.equal(
    predictHitRatio({ ...settings, tiers: 'redis' }).all,
    both.all,
    'memory changes where, not whether',
  );
  assert.ok(predictHitRatio({ ...settings, ttlMs: 5_000 }).all < both.all);
  assert.deepEqual(predictHitRatio(settings), both);
});
