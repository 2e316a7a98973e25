import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCounters } from '../../app/cache/cache-counters.ts';
import { countsOf } from '../figures/counts.ts';
import { layerCounters } from '../figures/layer-counters.ts';
import { servedRequests } from '../figures/taken-counters.ts';
import { layerRowsOf } from './layer-rows.ts';
import { requestAccountOf, unaccountedIn } from './request-account.ts';

const viewers = {
  sent: 700,
  images: { browser: { requests: 600, bytes: 6_000 }, sent: { requests: 400, bytes: 8_000 } },
};
const counts = {
  ...countsOf(readCounters, {
    reads: 1_010,
    memoryHits: 700,
    memoryStaleHits: 100,
    redisHits: 150,
    loads: 40,
    joinedLoads: 10,
    bypasses: 10,
  }),
  ...countsOf(layerCounters, { answeredImages: 400, localTierBytes: 800_000 }),
  ...countsOf({ servedRequests }, { servedRequests: 700 }),
};
const given = { tiers: 'memory+redis', hasEdge: false, viewers, counts, redisBytes: 75_000 };
const rows = layerRowsOf(given);
const rowOf = (layer: string) => rows.find((row) => row.layer === layer);

test('ML-2: each layer is asked for what those before it did not answer, and the last one answers the rest', () => {
  assert.deepEqual(
    rows.map(({ of, layer, asked, answered }) => [of, layer, asked, answered]),
    [
      ['images', 'browser', 1_000, 600],
      ['images', 'service', 400, 400],
      ['reads', 'memory', 1_000, 800],
      ['reads', 'redis', 200, 150],
      ['reads', 'storage', 50, 50],
    ],
  );
  for (const kind of ['images', 'reads'] as const) {
    const shares = rows.filter((row) => row.of === kind).map(({ share }) => share);
    assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-12);
  }
});

test('hit ratio, offload, staleness and the memory that a point costs', () => {
  const { hitRatio, offload, staleShare, memoryBytesPerPoint } = rowOf('memory') ?? {};
  assert.deepEqual([hitRatio, offload, staleShare, memoryBytesPerPoint], [0.8, 0.8, 0.125, 10_000]);
  const redis = rowOf('redis');
  assert.deepEqual([redis?.hitRatio, redis?.offload, redis?.memoryBytesPerPoint], [0.75, 0.95, 1_000]);
  assert.deepEqual([rowOf('storage')?.hitRatio, rowOf('storage')?.offload], [null, null]);
  assert.deepEqual([rowOf('browser')?.bytes, rowOf('service')?.bytes], [6_000, 8_000]);
});

test('without tiers storage answers everything, reads past the cache too', () => {
  const bare = {
    ...countsOf(readCounters, { reads: 90, bypasses: 90 }),
    ...countsOf(layerCounters, { answeredImages: 400 }),
  };
  const reads = layerRowsOf({ ...given, tiers: 'none', counts: bare, redisBytes: null }).filter(
    ({ of }) => of === 'reads',
  );
  assert.deepEqual(
    reads.map(({ layer, asked, answered, share }) => [layer, asked, answered, share]),
    [['storage', 90, 90, 1]],
  );
});

const ofEdge = {
  ...counts,
  ...countsOf(layerCounters, {
    answeredImages: 400,
    edgeAnswers: 350,
    edgeImages: 300,
    edgeImageBytes: 6_000,
    edgePages: 50,
    staleEdgePages: 10,
    outdatedEdgePages: 5,
    forwardedPages: 50,
    outdatedForwardedPages: 1,
    edgeRefreshes: 5,
    edgeMemoryBytes: 30_000,
  }),
  ...countsOf({ servedRequests }, { servedRequests: 705 }),
};

test('an edge stands behind the browser for images, and has a part of its own for pages', () => {
  const edged = layerRowsOf({ ...given, hasEdge: true, counts: ofEdge }).filter(({ of }) => of !== 'reads');
  assert.deepEqual(
    edged.map(({ of, layer, asked, answered, bytes }) => [of, layer, asked, answered, bytes]),
    [
      ['images', 'browser', 1_000, 600, 6_000],
      ['images', 'edge', 400, 300, 6_000],
      ['images', 'service', 100, 100, 2_000],
      ['pages', 'edge', 100, 50, 0],
      ['pages', 'service', 50, 50, 0],
    ],
  );
  const { hitRatio, offload, memoryBytesPerPoint } = edged[1] ?? {};
  assert.deepEqual([hitRatio, offload, memoryBytesPerPoint], [0.75, 0.9, 400]);
  assert.equal(edged[3]?.staleShare, 0.2);
  assert.deepEqual(
    edged.map(({ outdatedShare }) => outdatedShare),
    [null, null, null, 0.1, 0.02],
  );
  // Both are told the whole memory of the edge, so only one of them may have it by point.
  assert.deepEqual([edged[3]?.memoryBytes, edged[3]?.memoryBytesPerPoint], [30_000, null]);
});

test('ML-2: what the edge answers is no request to the service, and what it asks for by itself is of no viewer', () => {
  const account = requestAccountOf(viewers, 700, ofEdge);
  assert.deepEqual(account, { asked: 1_300, browser: 600, edge: 350, service: 350 });
  assert.equal(unaccountedIn(account), 0);
});

test('ML-2: requests of viewers are those that browsers and the service answered, to the unit', () => {
  const account = requestAccountOf(viewers, 700, counts);
  assert.deepEqual(account, { asked: 1_300, browser: 600, edge: 0, service: 700 });
  assert.equal(unaccountedIn(account), 0);
  assert.equal(unaccountedIn(requestAccountOf(viewers, 701, counts)), 1);
  assert.equal(unaccountedIn(requestAccountOf(viewers, 698, counts)), -2);
});
