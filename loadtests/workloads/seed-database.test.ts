import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createPasswordHashing } from '../../app/accounts/password-hashing.ts';
import { seedEpochMs } from '../../app/contract/seed-rows.ts';
import { endingSessionCount } from './ending-sessions.ts';
import { accountCount, accountPassword, logInNameOf, wrongPassword } from './log-in-accounts.ts';
import { createPopulation } from './population.ts';
import { reserveSizeOf } from './photo-reserve.ts';
import { samplePhotos } from './sample-photos.ts';
import { seedDatabase } from './seed-database.ts';
import { sessionSecretOf } from './session-tokens.ts';
import { createSocialGraph } from './social-graph.ts';

function seed(number: number, people = 300, photos = 2_000) {
  const population = createPopulation({ seed: number, people, photos });
  return seedDatabase(population, createSocialGraph(population));
}

const rows = seed(1);
const people = new Set(rows.people.map(({ id }) => id));
const photos = new Map(rows.photos.map((photo) => [photo.id, photo]));
const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

test('ids count from 1 and are unique', () => {
  for (const [index, { id }] of rows.people.entries()) assert.equal(id, index + 1);
  for (const [index, { id }] of rows.photos.entries()) assert.equal(id, index + 1);
  for (const [index, { id }] of rows.comments.entries()) assert.equal(id, index + 1);
});

test('every reference leads somewhere, and no pair stands there twice', () => {
  assert.ok(rows.photos.every(({ ownerId }) => people.has(ownerId)));
  assert.ok(rows.likes.every(({ photoId, personId }) => photos.has(photoId) && people.has(personId)));
  assert.ok(rows.comments.every(({ photoId, authorId }) => photos.has(photoId) && people.has(authorId)));
  assert.ok(
    rows.follows.every(
      ({ followerId, followedId }) =>
        people.has(followerId) && people.has(followedId) && followerId !== followedId,
    ),
  );
  const pairs = rows.likes.map(({ photoId, personId }) => `${photoId} ${personId}`);
  const links = rows.follows.map(({ followerId, followedId }) => `${followerId} ${followedId}`);
  assert.equal(new Set(pairs).size, pairs.length);
  assert.equal(new Set(links).size, links.length);
});

test('times are whole milliseconds before the seed epoch, and nothing is older than its photo', () => {
  const all = [rows.people, rows.photos, rows.follows, rows.likes, rows.comments].flat();
  assert.ok(all.every(({ createdAtMs }) => Number.isInteger(createdAtMs)));
  assert.ok(
    [...rows.people, ...rows.photos, ...rows.follows].every(({ createdAtMs }) => createdAtMs <= seedEpochMs),
  );
  const isLater = ({ photoId, createdAtMs }: { photoId: number; createdAtMs: number }): boolean =>
    createdAtMs >= (photos.get(photoId)?.createdAtMs ?? Infinity);
  assert.ok(rows.likes.every(isLater) && rows.comments.every(isLater));
});

test('photos show the samples, all of them', () => {
  const known = new Map<string, (typeof samplePhotos)[number]>(
    samplePhotos.map((sample) => [sample.digest, sample]),
  );
  for (const { digest: own, widthPx, heightPx } of rows.photos) {
    assert.deepEqual([widthPx, heightPx], [known.get(own)?.widthPx, known.get(own)?.heightPx]);
  }
  assert.equal(new Set(rows.photos.map((photo) => photo.digest)).size, samplePhotos.length);
});

test('behind the photos that are asked for stands a reserve: older than all, and nobody has liked or discussed it', () => {
  const [asked, reserve] = [rows.photos.slice(0, 2_000), rows.photos.slice(2_000)];
  assert.equal(reserve.length, reserveSizeOf(2_000));
  const oldestMs = Math.min(...asked.map(({ createdAtMs }) => createdAtMs));
  assert.ok(reserve.every(({ createdAtMs }) => createdAtMs < oldestMs));
  assert.ok([...rows.likes, ...rows.comments].every(({ photoId }) => photoId <= 2_000));
});

test('likes and comments are few for most photos and many for some', () => {
  const perPhoto = (list: readonly { photoId: number }[]): number[] => {
    const counts = Array.from({ length: 2_000 }, () => 0);
    for (const { photoId } of list) counts[photoId - 1] = (counts[photoId - 1] ?? 0) + 1;
    return counts.sort((a, b) => a - b);
  };
  for (const [list, least, most] of [
    [rows.likes, 8, 16],
    [rows.comments, 1.5, 4],
  ] as const) {
    const counts = perPhoto(list);
    const mean = list.length / 2_000;
    assert.ok(mean > least && mean < most, `mean ${mean}`);
    assert.ok((counts[counts.length / 2] as number) < mean, 'the median lies below the mean');
  }
});

test('texts are not empty, and names have two parts', () => {
  assert.ok(rows.people.every(({ name }) => /^[A-Z][a-z]+ [A-Z][a-z]+$/.test(name)));
  assert.ok(
    [...rows.photos.map(({ caption }) => caption), ...rows.comments.map(({ text }) => text)].every(
      (text) => text.length > 2,
    ),
  );
});

test('the same seed gives the same rows, byte for byte; another seed gives others', () => {
  assert.equal(digest(seed(1)), digest(rows));
  assert.notEqual(digest(seed(2)), digest(rows));
});

test('the default population is generated in seconds of CPU', () => {
  const before = process.cpuUsage();
  const { photos: all } = seed(1, 2_000, 20_000);
  assert.equal(all.length, 20_000 + reserveSizeOf(20_000));
  // It takes about 0.3 s of CPU; the bound only catches a change of its order, also on a machine that does something else besides.
  assert.ok(process.cpuUsage(before).user < 10_000_000);
});

test('behind everybody whom a request may name stand two who watch feeds, and nobody else meets them', () => {
  const [pair] = rows.witnesses ?? [];
  assert.deepEqual(pair, { authorId: 301, followerId: 302 });
  const isWitness = (id: number): boolean => id === 301 || id === 302;
  const met = rows.follows.filter((row) => isWitness(row.followerId) || isWitness(row.followedId));
  assert.deepEqual(
    met.map(({ followerId, followedId }) => [followerId, followedId]),
    [[302, 301]],
  );
  assert.ok(!rows.photos.some(({ ownerId }) => isWitness(ownerId)));
  assert.ok(!rows.likes.some(({ personId }) => isWitness(personId)));
});

test('behind them stand people who do nothing but log in, by one password', async () => {
  const accounts = rows.accounts ?? [];
  assert.deepEqual(
    accounts.map(({ personId }) => personId),
    Array.from({ length: accountCount }, (_, index) => 303 + index),
  );
  const ids = new Set(accounts.map(({ personId }) => personId));
  assert.ok(!rows.follows.some(({ followerId, followedId }) => ids.has(followerId) || ids.has(followedId)));
  assert.ok(!(rows.sessions ?? []).some(({ personId }) => ids.has(personId)));
  assert.ok(accounts.every(({ logInName }) => /^[a-z0-9.]{3,30}$/.test(logInName)));
  assert.match(logInNameOf(0xffff_ffff, 1_000_102), /^[a-z0-9.]{3,30}$/);
  const [{ passwordHash } = { passwordHash: '' }] = accounts;
  const service = createPasswordHashing();
  assert.equal(await service.verify(passwordHash, accountPassword), true);
  assert.equal(await service.verify(passwordHash, wrongPassword), false);
  const costOf = (hash: string) => hash.split('$').slice(0, 4).join('$');
  assert.equal(
    costOf(passwordHash),
    costOf(await service.hash(accountPassword)),
    'it costs what the service asks',
  );
});

test('everybody has one session all the time, and some that may end', () => {
  const sessions = rows.sessions ?? [];
  assert.equal(new Set(sessions.map(({ secret }) => secret)).size, sessions.length);
  const lasting = sessions.slice(0, 300);
  assert.deepEqual(
    lasting.map(({ personId, secret }) => [personId, secret]),
    lasting.map((_, index) => [index + 1, sessionSecretOf(1, index + 1)]),
  );
  assert.equal(sessions.length, 300 + endingSessionCount({ people: 300 }));
  assert.equal(new Set(sessions.slice(300).map(({ personId }) => personId)).size, 300);
});
