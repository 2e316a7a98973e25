import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createFileBlobs } from '../app/storage/blob-store.ts';
import { browse } from '../cli/browsers/browse.ts';
import { storeSamplePhotos } from '../cli/worlds/seeded-template.ts';
import { createBrowsers, requestsOfView } from '../loadtests/workloads/viewing-plan.ts';
import type { PlannedRequest } from '../loadtests/workloads/planned-request.ts';
import { pathOfRequest } from '../loadtests/workloads/request-path.ts';
import { secretOfRequest } from '../loadtests/workloads/request-session.ts';
import { seedDatabase } from '../loadtests/workloads/seed-database.ts';
import { createSocialGraph } from '../loadtests/workloads/social-graph.ts';
import { viewerRequestsOf } from '../loadtests/workloads/viewer-requests.ts';
import { createViews, createWorkload } from '../loadtests/workloads/workload.ts';
import { startTestApp } from './support/test-app.ts';
import type { TestApp } from './support/test-app.ts';
import { waitUntil } from './support/wait-until.ts';

const settings = { seed: 5, people: 40, photos: 300, followers: 'even', mix: 'photo-viewing' } as const;
const { population } = createWorkload(settings);
const views = createViews(settings);
const pass = 3;
let app: TestApp;
let target: string;

before(async () => {
  app = await startTestApp({
    rows: seedDatabase(population, createSocialGraph(population)),
    candidate: 'cache-aside:tiers=memory,invalidation=ttl',
  });
  await storeSamplePhotos(join(import.meta.dirname, '..'), createFileBlobs(app.mediaFolder));
  await app.app.listen({ port: 0, host: '127.0.0.1' });
  target = `http://127.0.0.1:${(app.app.server.address() as AddressInfo).port}`;
});
after(() => app.close());

async function shownBy(request: PlannedRequest): Promise<unknown> {
  const secret = secretOfRequest(settings.seed, request);
  const headers = secret === null ? {} : { authorization: `Bearer ${hash('sha256', secret, 'base64url')}` };
  const answer = await app.ask('GET', pathOfRequest(request), { headers });
  assert.equal(answer.statusCode, 200, answer.body);
  return answer.json();
}

test('the images that a page is planned to show are those that the service says it shows', async () => {
  const seen = new Set<string>();
  for (let index = 0; seen.size < 2 || index < 40; index += 1) {
    const { page, images } = views.viewAt(pass, index);
    const planned = images.map(({ photoId }) => photoId);
    if (page.operation === 'feedPage') {
      const { feeds } = (await shownBy(page)) as { feeds: { postId: number }[] };
      assert.deepEqual(
        planned,
        feeds.map(({ postId }) => postId),
        `feed of ${page.viewerId}`,
      );
    } else if (page.operation === 'profileGrid') {
      const { posts } = (await shownBy(page)) as { posts: { postId: number }[] };
      assert.deepEqual(
        planned,
        posts.map(({ postId }) => postId),
        `profile ${page.params['userId']}`,
      );
    } else continue;
    seen.add(page.operation);
  }
});

test('what the planner says that a browser has, a cache by RFC 9111 has, and every request is counted once', async () => {
  const count = 150;
  const before = (await app.counters()).requests;
  const { pages, images, imageBytes, errors } = await browse({
    ...{ targets: [target], seed: settings.seed, views, pass, count },
  });
  assert.equal(errors, 0);
  const served = async () => (await app.counters()).requests - before;
  // The last answers are counted when their connections have taken them.
  await waitUntil(async () => (await served()) >= pages.service + images.service);

  const browserOf = createBrowsers(() => []);
  const planned = Array.from({ length: count }, (_, index) => views.viewAt(pass, index)).flatMap((view) =>
    requestsOfView(view, browserOf(view.page.viewerId)),
  );
  const account = viewerRequestsOf((_, index) => planned[index] as PlannedRequest, {
    ...{ pass, first: 0, requests: planned.length },
  }).images;
  assert.deepEqual([images.browser, images.service], [account.browser.requests, account.sent.requests]);
  assert.equal(images.revalidated, 0, 'what never changes is not asked about');
  assert.ok(images.browser > 100 && images.service > 100);
  const bytes = account.sent.bytes;
  assert.ok(Math.abs(imageBytes.sent / bytes - 1) < 0.05, `${imageBytes.sent} bytes, planned were ${bytes}`);
  assert.equal(pages.service + images.service, await served());
});

test('who loads a page anew is told that images still hold, without their bodies', async () => {
  const again = { ...{ targets: [target], seed: settings.seed, pass, count: 10 } };
  const twice = { viewAt: (number: number, index: number) => views.viewAt(number, index % 5) };
  const { images, imageBytes } = await browse({ ...again, views: twice, isReload: (view) => view >= 5 });
  assert.ok(images.revalidated > 0);
  assert.equal(images.revalidated, images.browser + images.service, 'each was seen before');
  assert.ok(imageBytes.sent < imageBytes.seen);
});
