import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBrowsers, requestsOfView } from './viewing-plan.ts';
import type { PlannedRequest } from './planned-request.ts';
import { createOwnerOf } from './population.ts';
import { pathOfRequest } from './request-path.ts';
import { secretOfRequest } from './request-session.ts';
import { createSocialGraph } from './social-graph.ts';
import { viewerRequestsOf } from './viewer-requests.ts';
import { createViews, createWorkload } from './workload.ts';

const settings = { seed: 1, people: 500, photos: 5_000, followers: 'heavy', mix: 'photo-viewing' } as const;
const workload = createWorkload(settings);
const views = createViews(settings);
const pass = 2;
const count = 5_000;
const planned = Array.from({ length: count }, (_, index) => workload.requestAt(pass, index));
const images = planned.filter(({ operation }) => operation === 'image');
const pages = planned.filter(({ operation }) => operation !== 'image');

test('a request depends on nothing but its pass and its number, in whatever order they are asked for', () => {
  const again = createWorkload(settings);
  for (const [number, index] of [
    [pass, 900],
    [7, 30],
    [pass, 3],
    [8, 0],
    [9, 0],
    [10, 0],
    [pass, 4_999],
  ] as const)
    if (number === pass) assert.deepEqual(again.requestAt(number, index), planned[index]);
    else again.requestAt(number, index);
});

test('every image of every view is sent or is what the browser has, and none is both', () => {
  const browserOf = createBrowsers(views.earlierViewsOf);
  const sent: PlannedRequest[] = [];
  let shown = 0;
  for (let view = 0; sent.length < count; view += 1) {
    const seen = views.viewAt(pass, view);
    shown += seen.images.length;
    sent.push(...requestsOfView(seen, browserOf(seen.page.viewerId)));
  }
  assert.deepEqual(sent.slice(0, count), planned);
  const { images: account } = viewerRequestsOf((_, index) => sent[index] as PlannedRequest, {
    pass,
    first: 0,
    requests: sent.length,
  });
  assert.equal(account.browser.requests + account.sent.requests, shown);
});

test('a browser asks for an image once', () => {
  const asked = images.map((request) => `${request.viewerId} ${pathOfRequest(request)}`);
  assert.ok(asked.length > 1_000);
  assert.equal(new Set(asked).size, asked.length);
});

test('browsers answer about two thirds of the requests for images, as those of 2013 did', () => {
  const shares = [2, 3, 4].map((number) => {
    const { browser, sent } = viewerRequestsOf(workload.requestAt, {
      pass: number,
      first: 0,
      requests: 900,
    }).images;
    return browser.requests / (browser.requests + sent.requests);
  });
  for (const share of shares) assert.ok(share > 0.58 && share < 0.7, `${share}`);
});

test('what is counted of a stretch is what its requests say', () => {
  const of = { pass, first: 1_000, requests: 2_000 };
  const { sent, images: account } = viewerRequestsOf(workload.requestAt, of);
  const own = planned.slice(1_000, 3_000);
  assert.equal(sent, 2_000);
  assert.equal(account.sent.requests, own.filter(({ operation }) => operation === 'image').length);
  const held = own.reduce((sum, { browserAnswers }) => sum + (browserAnswers?.requests ?? 0), 0);
  assert.equal(account.browser.requests, held);
  assert.ok(account.browser.bytes > 1_000 * held && account.sent.bytes > 0);
});

test('some look at pages that are open to all without logging in, and at their images', () => {
  const loggedOut = pages.filter(({ isLoggedOut }) => isLoggedOut === true);
  assert.deepEqual([...new Set(loggedOut.map(({ operation }) => operation))].sort(), [
    'photoPage',
    'profileGrid',
  ]);
  const open = pages.filter(({ operation }) => operation === 'photoPage' || operation === 'profileGrid');
  assert.ok(Math.abs(loggedOut.length / open.length - 0.3) < 0.05);
  for (const request of loggedOut) assert.equal(secretOfRequest(settings.seed, request), null);
  assert.ok(images.some(({ isLoggedOut }) => isLoggedOut === true));
});

test('pages show the newest photos of whom they are about, and feeds of whom their viewer follows', () => {
  const { following } = createSocialGraph(workload.population);
  const own = createOwnerOf(settings);
  const ownerOf = (photoId: number) => own(photoId - 1);
  for (let view = 0; view < 500; view += 1) {
    const { page, images: shown } = views.viewAt(pass, view);
    const ids = shown.map(({ photoId }) => photoId);
    const { userId = 0, photoId = 0 } = page.params;
    if (page.operation === 'photoPage') assert.deepEqual(ids, [photoId]);
    if (page.operation === 'profileGrid') assert.ok(ids.every((id) => ownerOf(id) === userId));
    if (page.operation === 'feedPage')
      assert.ok(ids.every((id) => following[userId - 1]?.includes(ownerOf(id))));
  }
});

test('each photo has an image of its own for whoever keeps answers by their addresses', () => {
  const paths = new Map(
    images.map((request) => [
      `${request.params['photoId']}/${request.params['rendition']}`,
      pathOfRequest(request),
    ]),
  );
  assert.equal(new Set(paths.values()).size, paths.size);
  for (const path of paths.values()) assert.match(path, /^\/media\/[0-9a-f]{64}\/\d+\?photo=\d+$/);
});
