import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { mixes, requestsPerDeletion } from './operation-mix.ts';
import type { MixName, PlannedOperation } from './operation-mix.ts';
import { photoWeights } from './population.ts';
import { samplePhotos } from './sample-photos.ts';
import { countedNamespace, pathOfRequest } from './request-path.ts';
import { skew } from './request-tables.ts';
import { seedDatabase } from './seed-database.ts';
import { endingSecretOf } from './session-tokens.ts';
import { createSocialGraph } from './social-graph.ts';
import { createRequests, createWorkload } from './workload.ts';
import type { PlannedRequest } from './workload.ts';

const settings = { seed: 1, people: 500, photos: 5_000, followers: 'heavy', mix: 'social-default' } as const;
const workload = createWorkload(settings);
const graph = createSocialGraph(workload.population);
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
    [3, { operation: 'profileGrid', viewerId: 262, params: { userId: 307 } }],
    [4, { operation: 'like', viewerId: 125, params: { photoId: 4_756 } }],
    [43, { operation: 'comment', viewerId: 311, params: { photoId: 2_930 }, text: 'note aimwyo' }],
    [185, { operation: 'follow', viewerId: 329, params: { userId: 71 } }],
    [204, { operation: 'unfollow', viewerId: 172, params: { userId: 153 } }],
    [1_438, { operation: 'post', viewerId: 421, params: { userId: 421 }, text: 'note 1t8ndge', sample: 1 }],
    [3_595, { operation: 'editCaption', viewerId: 190, params: { photoId: 831 }, text: 'note jw56hf' }],
    [7_796, { operation: 'deletePhoto', viewerId: 172, params: { photoId: 5_003 } }],
  ];
  for (const [index, request] of golden) assert.deepEqual(planned[index], request, `request ${index}`);
  const hash = createHash('sha256');
  for (const request of planned.slice(0, 10_000)) hash.update(`${JSON.stringify(request)}\n`);
  assert.equal(hash.digest('hex'), '03a1800885ae63f2560204fbf8ac62d3edf61b6fbbe1ca1669f3b05261a49034');
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

const seeded = seedDatabase(workload.population, graph);
const accountIds = new Set((seeded.accounts ?? []).map(({ personId }) => personId));

test('every request of every mix fits its route and the seeded rows', () => {
  const isId = (id: number | undefined, most: number): boolean =>
    id !== undefined && Number.isInteger(id) && id >= 1 && id <= most;
  for (const mix of Object.keys(mixes) as MixName[]) {
    const own = createWorkload({ ...settings, mix });
    for (let index = 0; index < 20_000; index += 1) {
      const request = own.requestAt(pass, index);
      const { operation, viewerId, params } = request;
      const logsIn = operation === 'logIn' || operation === 'failedLogIn';
      assert.ok(logsIn ? accountIds.has(viewerId) : isId(viewerId, settings.people), operation);
      const { photoId, userId } = params;
      // Deletions are of the reserve, and profiles show it behind all other photos.
      if (photoId !== undefined && operation !== 'deletePhoto' && operation !== 'image')
        assert.ok(isId(photoId, settings.photos));
      if (userId !== undefined) assert.ok(isId(userId, settings.people));
      assert.doesNotMatch(pathOfRequest(request), /undefined|NaN/);
    }
  }
});

const reserved = new Map(seeded.photos.slice(settings.photos).map(({ id, ownerId }) => [id, ownerId]));

test('deletions take photos of the reserve, each once and by its owner, and nothing else asks for them', () => {
  const mix = 'write-heavy';
  const writing = createWorkload({ ...settings, mix });
  const ids: number[] = [];
  for (const number of [0, 1, 2, 3])
    for (let index = 0; index < 20_000; index += 1) {
      const { operation, viewerId, params } = writing.requestAt(number, index);
      const { photoId } = params;
      assert.equal(operation === 'deletePhoto', photoId !== undefined && photoId > settings.photos);
      if (operation !== 'deletePhoto' || photoId === undefined) continue;
      ids.push(photoId);
      assert.equal(viewerId, reserved.get(photoId));
    }
  assert.equal(ids.length, (4 * 20_000) / (requestsPerDeletion(mix) ?? Infinity));
  assert.equal(new Set(ids).size, ids.length);
});

test('where the reserve has ended, a caption is edited', () => {
  const inLaterParts = 1_000_002;
  const writing = createWorkload({ ...settings, mix: 'write-heavy' });
  const written = Array.from({ length: 20_000 }, (_, index) => writing.requestAt(inLaterParts, index));
  const count = (name: PlannedOperation): number =>
    written.filter(({ operation }) => operation === name).length;
  assert.equal(count('deletePhoto'), 0);
  assert.ok(count('editCaption') >= 20);
});

test('log-outs end sessions that the seed has, each once, after their owners have read their feeds by them', () => {
  const owners = new Map((seeded.sessions ?? []).map(({ secret, personId }) => [secret, personId]));
  const visiting = createWorkload({ ...settings, mix: 'log-ins' });
  const ended = new Map<number, number>();
  let readBefore = 0;
  for (const number of [0, 1, 2])
    for (let index = 0; index < 8_000; index += 1) {
      const { operation, viewerId, session } = visiting.requestAt(number, index);
      const at = number * 8_000 + index;
      assert.ok(operation !== 'logOut' || session !== undefined);
      if (session === undefined) continue;
      assert.equal(owners.get(endingSecretOf(settings.seed, session)), viewerId);
      assert.ok(!ended.has(session), `${operation} of session ${session}, which has ended`);
      if (operation === 'logOut') ended.set(session, at);
      else readBefore += 1;
    }
  assert.ok(ended.size > 500, `${ended.size} have ended`);
  assert.ok(readBefore > ended.size, `${readBefore} feeds were read by them`);
});

test('where no session is left to end, nobody is logged out', () => {
  const visiting = createWorkload({ ...settings, mix: 'log-ins' });
  const asked = Array.from({ length: 4_000 }, (_, index) => visiting.requestAt(1_000_002, index));
  assert.ok(asked.every(({ operation, session }) => operation !== 'logOut' && session === undefined));
});

test('people unfollow whom they follow', () => {
  for (const { viewerId, params } of of('unfollow'))
    assert.ok(graph.following[viewerId - 1]?.includes(params['userId'] ?? 0));
  assert.ok(new Set(of('unfollow').map(({ params }) => params['userId'])).size > 10);
});

test('images are those of the photos that are asked for, mostly small ones', () => {
  const crawling = createWorkload({ ...settings, mix: 'crawl' });
  const images = Array.from({ length: 20_000 }, (_, index) => crawling.requestAt(pass, index)).filter(
    ({ operation }) => operation === 'image',
  );
  assert.deepEqual(
    new Set(images.map(({ digest }) => digest)),
    new Set(samplePhotos.map(({ digest }) => digest)),
  );
  const shares = sharesOf(images.map(({ params }) => params['rendition']));
  for (const [edge, share] of [
    [150, 0.45],
    [320, 0.3],
    [640, 0.2],
    [1_080, 0.05],
  ] as const)
    assert.ok(Math.abs((shares.get(edge) ?? 0) - share) < 0.04, `${edge}`);
});

test('a crawl passes everything once before anything comes again', () => {
  const crawling = createWorkload({ ...settings, mix: 'crawl' });
  const asked = Array.from({ length: settings.people }, (_, index) => crawling.requestAt(pass, index));
  const profiles = asked.filter(({ operation }) => operation === 'profileGrid');
  assert.ok(profiles.length > 100);
  assert.equal(new Set(profiles.map(({ params }) => params['userId'])).size, profiles.length);
  const photos = asked.filter(({ operation }) => operation === 'photoPage');
  assert.equal(new Set(photos.map(({ params }) => params['photoId'])).size, photos.length);
});

test('writes are ones that the service allows', () => {
  for (const { viewerId, params } of of('editCaption')) {
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
  for (const followers of ['heavy', 'even'] as const) {
    const tiny = createWorkload({ ...settings, followers, people: 20, photos: 20 });
    const seen = new Set<PlannedOperation>();
    for (let index = 0; index < 50_000; index += 1) {
      const { operation, viewerId, params } = tiny.requestAt(0, index);
      seen.add(operation);
      assert.ok(viewerId <= 20 && Object.values(params).every((id) => id >= 1 && id <= 21));
      if (operation === 'follow' || operation === 'unfollow') assert.notEqual(params['userId'], viewerId);
    }
    assert.deepEqual([...seen].sort(), Object.keys(mixes[settings.mix]).sort());
  }
});

const countAt = createRequests({ ...settings, mix: 'counting' }, workload.tables);
const counted = Array.from({ length: 50_000 }, (_, index) => countAt(pass, index));

test('plans the golden requests of counters', () => {
  const hash = createHash('sha256');
  for (const request of counted.slice(0, 10_000)) hash.update(`${JSON.stringify(request)}\n`);
  assert.equal(hash.digest('hex'), '0a448ea6de2c5ac31164fdc5910472c16b39328de6f95c15afda12ba772a2102');
});

test('adds have a token each, one in twenty is sent again, and one in ten takes one away', () => {
  const adds = counted.filter(({ token }) => token !== undefined);
  assert.deepEqual([...new Set(adds.map(({ operation }) => operation))].sort(), [
    'addAndGetCount',
    'addCount',
  ]);
  assert.equal(new Set(adds.map(({ token }) => token)).size, adds.length);
  const share = (some: readonly PlannedRequest[]): number => some.length / adds.length;
  const again = share(adds.filter(({ isSentAgain }) => isSentAgain === true));
  assert.ok(Math.abs(again - 0.05) < 0.01, `${again} are sent again`);
  const taken = share(adds.filter(({ delta }) => delta === -1));
  assert.ok(Math.abs(taken - 0.1) < 0.01, `${taken} take one away`);
  assert.ok(adds.every(({ delta }) => delta === 1 || delta === -1));
});

test('counters are hot by Zipf, and only cold ones are cleared', () => {
  const shares = [...sharesOf(counted.map(({ params }) => params['counter']))].sort(([, a], [, b]) => b - a);
  const [[hottest, share] = []] = shares;
  assert.equal(hottest, 1);
  assert.ok(Math.abs((share ?? 0) - 1 / 9) < 0.02, `the hottest takes ${share}`);
  const cleared = counted.filter(({ operation }) => operation === 'clearCount');
  assert.ok(cleared.length > 0 && cleared.length < 200, `${cleared.length} clears`);
  assert.ok(cleared.every(({ params }) => (params['counter'] ?? 0) > settings.photos / 2));
  for (const request of counted)
    assert.match(pathOfRequest(request), new RegExp(`^/counters/${countedNamespace}/\\d+(?:/|$)`));
});
