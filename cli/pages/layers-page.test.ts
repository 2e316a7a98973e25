import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { countsOf } from '../figures/counts.ts';
import { layerCounters } from '../figures/layer-counters.ts';
import { inventPlan, inventResult, inventTogether } from '../../tests/support/invented-experiment.ts';
import { noReads } from '../worlds/cache-counts.ts';
import { composeLayersPage } from './layers-page.ts';

const viewers = {
  sent: 400,
  images: { browser: { requests: 655, bytes: 655 * 2_048 }, sent: { requests: 345, bytes: 345 * 10_240 } },
};
const edges = countsOf(layerCounters, { answeredImages: 345, edgeImages: 245, edgeImageBytes: 245 * 10_240 });
const bare = countsOf(layerCounters, { answeredImages: 345 });

const shape = { medianMs: 2, queries: 0.4, memoryHits: 850 };
const plan = inventPlan('together', ['cache-aside', 'cache-aside:edge=on']);
const shapes = Object.fromEntries(plan.candidates.map(({ label }) => [label, shape]));
const result = inventResult(
  plan,
  inventTogether(shapes, {
    block: (block) => ({
      ...block,
      ...{ viewers, account: { asked: 1_055, browser: 655, edge: 245, service: 155 } },
      counts: { ...block.counts, ...(block.candidate.includes('edge=on') ? edges : bare) },
    }),
  }),
);
const minute = (requests: number, storageQueries: number, loads: number) => ({
  ...{ requests, storageQueries },
  reads: { ...noReads, reads: 1_000, memoryHits: 900 - loads, redisHits: 100, loads },
});
const page = composeLayersPage({
  run: { command: './darkroom compare', result },
  restart: {
    ...{ candidate: 'versioned', ratePerSecond: 50 },
    ...{ cold: minute(3_000, 1_500, 500), warm: minute(3_000, 300, 20) },
    ...{ restarted: minute(3_000, 450, 30), uncached: minute(3_000, 4_500, 0) },
  },
  browsed: {
    ...{ views: 2_000, reloadShare: 0.1, errors: 0, imageBytes: { sent: 500, seen: 2_000 } },
    pages: { browser: 0, revalidated: 0, service: 1_800 },
    images: { browser: 6_000, revalidated: 800, service: 4_000 },
  },
});

test('the page of layers holds our shares beside the published ones, of the candidate with an edge', () => {
  assert.match(page, /^\| browser \| browser \| 65\.5 % \| 65\.5 % \| 65\.5 % \| 65\.5 % \|$/m);
  assert.match(page, /^\| edge \| edge \| 20\.0 % \| 24\.5 % \| 58\.0 % \| 71\.0 % \|$/m);
  assert.match(page, /^\| origin \| – \| 4\.6 % \| – \| 31\.8 % \| – \|$/m);
  assert.match(page, /^\| store \| service \| 9\.9 % \| 10\.0 % \| – \| – \|$/m);
  assert.match(page, /what browsers answered has 2 KiB each, what went on to the next layer 10 KiB/);
  assert.doesNotMatch(page, /undefined|NaN|null/);
});

test('what storage was asked behind a restart stands beside a cold start, and both accounts beside each other', () => {
  assert.match(page, /^\| behind a restart of the replicas, redis kept \| 3000 \| 450 \| 10 % \|/m);
  assert.match(page, /^\| cold start: memory and redis empty \| 3000 \| 1500 \| 33 % \|/m);
  assert.match(page, /^\| `cache-aside` \| 9 \| 9495 \| 9495 \| 9000 \| 9000 \|$/m);
  assert.match(page, /Of 10800 images 6000 were in the browser, 800 were asked about and still held/);
});

test('what the page of layers refers to is there', () => {
  const folder = join(import.meta.dirname, '..', '..', 'docs', 'systems');
  const links = [...page.matchAll(/\]\((\.\.[^)]+)\)/g)].map(([, link = '']) => link);
  assert.ok(links.length > 0);
  for (const link of links) assert.ok(existsSync(join(folder, link)), link);
});
