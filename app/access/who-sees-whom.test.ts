import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertProblem, createSeededDatabase, startTestApp } from '../../tests/support/test-app.ts';
import type { Method, TestApp } from '../../tests/support/test-app.ts';
import type { TestDatabase } from '../../tests/support/databases.ts';
import { village } from '../../tests/support/village-rows.ts';

/** Two replicas: what one of them has answered, the other one knows. */
let database: TestDatabase;
let app: TestApp;
let other: TestApp;
before(async () => {
  database = await createSeededDatabase();
  const candidate = 'cache-aside:tiers=memory,invalidation=ttl';
  [app, other] = await Promise.all([
    startTestApp({ databaseUrl: database.url, candidate }),
    startTestApp({ databaseUrl: database.url, candidate, environment: { DARKROOM_REPLICA: 'r2' } }),
  ]);
});
after(async () => {
  await Promise.all([app.close(), other.close()]);
  await database.drop();
});

const { reader, busy, sudden, hermit, famous } = village;
const path = {
  privacy: (id: number) => `/users/${id}/privacy`,
  block: (id: number) => `/users/${id}/block`,
  follow: (id: number) => `/users/${id}/follow`,
  requests: (id: number) => `/users/${id}/follow-requests`,
  request: (id: number, followerId: number) => `/users/${id}/follow-requests/${followerId}`,
};
const done = async (method: Method, url: string, viewer: number, body?: object): Promise<void> => {
  const answer = await app.ask(method, url, { viewer, ...(body !== undefined && { body }) });
  assert.equal(answer.statusCode, 204, answer.body);
};
const setPrivate = (id: number, isPrivate: boolean) => done('PUT', path.privacy(id), id, { isPrivate });
const asViewer = (viewer: number | null) => (viewer === null ? {} : { viewer });
const statusOf = async (url: string, viewer: number | null): Promise<number> =>
  (await other.ask('GET', url, asViewer(viewer))).statusCode;
const listOf = async (url: string, viewer: number | null, name: string): Promise<unknown[]> => {
  const answer = await other.ask('GET', url, asViewer(viewer));
  assert.equal(answer.statusCode, 200, answer.body);
  return answer.json<Record<string, unknown[]>>()[name] ?? [];
};
const requestsTo = async (id: number): Promise<number[]> =>
  (await app.ask('GET', path.requests(id), { viewer: id }))
    .json<{ requests: { userId: number }[] }>()
    .requests.map(({ userId }) => userId);
const followersOf = async (id: number): Promise<number[]> =>
  (
    await app.sql<{ id: number }>('SELECT follower_id AS id FROM follows WHERE followed_id = $1 ORDER BY 1', [
      id,
    ])
  ).map((row) => row.id);

describe('a private account', () => {
  it('shows its photos to followers alone, from the answer on, on every replica, whatever is cached', async () => {
    const photo = '/photos/31';
    for (const viewer of [null, hermit, reader]) assert.equal(await statusOf(photo, viewer), 200);
    await setPrivate(sudden, true);
    for (const viewer of [null, hermit]) {
      assert.equal(await statusOf(photo, viewer), 404);
      assert.equal(await statusOf(`${photo}/comments`, viewer), 404);
      assert.deepEqual(await listOf(`/users/${sudden}/posts`, viewer, 'posts'), []);
      assert.deepEqual(await listOf(`/users/${sudden}/followers`, viewer, 'followers'), []);
    }
    for (const viewer of [reader, sudden]) {
      assert.equal(await statusOf(photo, viewer), 200);
      assert.equal((await listOf(`/users/${sudden}/posts`, viewer, 'posts')).length, 5);
    }
    for (const url of [`${photo}/like`, `${photo}/comments`])
      assertProblem(
        await other.ask(url.endsWith('like') ? 'PUT' : 'POST', url, {
          viewer: hermit,
          body: { comment: 'x' },
        }),
        404,
        'NOT_FOUND',
      );
    await setPrivate(sudden, false);
    for (const viewer of [null, hermit]) assert.equal(await statusOf(photo, viewer), 200);
  });

  it('is followed by whom it accepts; requests are withdrawn and declined, and unfollowing ends it', async () => {
    await setPrivate(sudden, true);
    const ask = () => app.ask('PUT', path.follow(sudden), { viewer: hermit });
    for (let times = 0; times < 2; times += 1) {
      const answer = await ask();
      assert.equal(answer.statusCode, 202, answer.body);
      assert.deepEqual(answer.json(), { status: 'requested' });
    }
    assert.deepEqual(await requestsTo(sudden), [hermit]);
    assert.equal(await statusOf('/photos/31', hermit), 404);
    await done('DELETE', path.follow(sudden), hermit);
    assert.deepEqual(await requestsTo(sudden), []);
    assertProblem(await app.ask('PUT', path.request(sudden, hermit), { viewer: sudden }), 404, 'NOT_FOUND');
    await ask();
    await done('DELETE', path.request(sudden, hermit), hermit);
    await ask();
    await done('DELETE', path.request(sudden, hermit), sudden);
    assert.deepEqual(await followersOf(sudden), [reader]);
    await ask();
    await done('PUT', path.request(sudden, hermit), sudden);
    assert.equal(await statusOf('/photos/31', hermit), 200);
    assert.deepEqual(await followersOf(sudden), [hermit, reader]);
    assert.deepEqual(await requestsTo(sudden), []);
    await done('DELETE', path.follow(sudden), hermit);
    assert.equal(await statusOf('/photos/31', hermit), 404);
    await setPrivate(sudden, false);
    await done('PUT', path.follow(sudden), hermit);
    await done('DELETE', path.follow(sudden), hermit);
  });

  it('has no request of who has unfollowed it while it was public', async () => {
    await setPrivate(sudden, true);
    assert.equal((await app.ask('PUT', path.follow(sudden), { viewer: hermit })).statusCode, 202);
    await setPrivate(sudden, false);
    await done('DELETE', path.follow(sudden), hermit);
    await setPrivate(sudden, true);
    assert.deepEqual(await requestsTo(sudden), []);
    await setPrivate(sudden, false);
  });

  it('is its own: nobody else changes it, sees who has asked or accepts for it', async () => {
    const body = { isPrivate: true };
    assertProblem(await app.ask('PUT', path.privacy(busy), { viewer: reader, body }), 403, 'FORBIDDEN');
    assertProblem(await app.ask('PUT', path.privacy(busy), { body }), 401, 'VIEWER_REQUIRED');
    assertProblem(await app.ask('GET', path.requests(busy), { viewer: reader }), 403, 'FORBIDDEN');
    assertProblem(await app.ask('PUT', path.request(busy, reader), { viewer: reader }), 403, 'FORBIDDEN');
    assertProblem(await app.ask('DELETE', path.request(busy, reader), { viewer: hermit }), 403, 'FORBIDDEN');
    const { nobody } = village;
    assertProblem(await app.ask('PUT', path.privacy(nobody), { viewer: nobody, body }), 404, 'NOT_FOUND');
  });

  it('has no follower who was not let in, however following and turning private meet', async () => {
    for (let follower = 6; follower < 16; follower += 1) {
      await Promise.all([
        app.ask('PUT', path.follow(busy), { viewer: follower }),
        other.ask('PUT', path.privacy(busy), { viewer: busy, body: { isPrivate: true } }),
      ]);
      const follows = (await followersOf(busy)).includes(follower);
      for (const replica of [app, other])
        assert.equal(
          (await replica.ask('GET', '/photos/1', { viewer: follower })).statusCode,
          follows ? 200 : 404,
        );
      assert.equal((await requestsTo(busy)).includes(follower), !follows);
      await setPrivate(busy, false);
    }
  });
});

describe('a block', () => {
  it('makes two people invisible to each other, and ends what they followed', async () => {
    await done('PUT', path.follow(reader), busy);
    await done('PUT', path.block(busy), reader);
    assert.ok(!(await followersOf(busy)).includes(reader) && !(await followersOf(reader)).includes(busy));
    for (const [viewer, hidden] of [
      [reader, busy],
      [busy, reader],
    ] as const)
      for (const url of [`/users/${hidden}/posts`, `/users/${hidden}/followers`])
        assert.equal(await statusOf(url, viewer), 404, `${url} for ${viewer}`);
    assert.equal(await statusOf('/photos/1', reader), 404);
    assert.equal(await statusOf('/photos/1', null), 200, 'for all others nothing has changed');
    for (const method of ['PUT', 'DELETE'] as const)
      assertProblem(await other.ask(method, path.follow(reader), { viewer: busy }), 404, 'NOT_FOUND');
    assertProblem(await other.ask('PUT', path.block(reader), { viewer: busy }), 404, 'NOT_FOUND');
    const body = { caption: 'x' };
    assertProblem(await other.ask('PATCH', '/photos/1', { viewer: reader, body }), 404, 'NOT_FOUND');
    await done('DELETE', path.block(busy), reader);
    assert.equal(await statusOf('/photos/1', reader), 200);
    assert.deepEqual((await followersOf(busy)).includes(reader), false, 'what it has ended stays ended');
  });

  it('hides comments and followers, each from the other, and changes no count', async () => {
    // Comment 45 is by person 6, comment 44 by person 5.
    const commenters = async (viewer: number | null) =>
      (await listOf('/photos/1/comments', viewer, 'comments')).map(
        (comment) => (comment as { commenterUserId: number }).commenterUserId,
      );
    assert.ok((await commenters(hermit)).includes(6));
    await done('PUT', path.block(6), hermit);
    assert.ok(!(await commenters(hermit)).includes(6));
    assert.ok((await commenters(null)).includes(6));
    const page = (await other.ask('GET', '/photos/1', { viewer: hermit })).json<{
      numberOfComments: number;
      comments: { commenterUserId: number }[];
    }>();
    assert.deepEqual(
      page.comments.map(({ commenterUserId }) => commenterUserId),
      [5],
    );
    assert.equal(page.numberOfComments, 45);
    const names = await listOf(`/users/${famous}/followers`, hermit, 'followers');
    assert.ok(names.every((follower) => (follower as { userId: number }).userId !== 6));
    await done('DELETE', path.block(6), hermit);
  });

  it('takes photos out of feeds, and comments below them', async () => {
    const shown = async (viewer: number) =>
      (await listOf(`/users/${viewer}/feeds`, viewer, 'feeds')) as {
        postOwnerId: number;
        comments: { commenterUserId: number }[];
      }[];
    assert.ok((await shown(reader)).some(({ postOwnerId }) => postOwnerId === sudden));
    await done('PUT', path.block(reader), sudden);
    assert.ok((await shown(reader)).every(({ postOwnerId }) => postOwnerId !== sudden));
    await done('DELETE', path.block(reader), sudden);
  });

  it('leaves no follow behind, however blocking and following meet', async () => {
    for (let follower = 6; follower < 16; follower += 1) {
      await Promise.all([
        app.ask('PUT', path.follow(famous), { viewer: hermit }),
        other.ask('PUT', path.block(famous), { viewer: hermit }),
        other.ask('PUT', path.follow(hermit), { viewer: famous }),
      ]);
      assert.ok(!(await followersOf(famous)).includes(hermit), `round ${follower}`);
      assert.ok(!(await followersOf(hermit)).includes(famous), `round ${follower}`);
      await done('DELETE', path.block(famous), hermit);
    }
    const [counted] = await app.sql<{ count: number; follows: number }>(
      `SELECT follower_count AS count, (SELECT count(*)::int FROM follows WHERE followed_id = users.id) AS follows
       FROM users WHERE id = $1`,
      [famous],
    );
    assert.equal(counted?.count, counted?.follows);
  });

  it('needs two people, who differ', async () => {
    assertProblem(await app.ask('PUT', path.block(busy), { viewer: busy }), 409, 'CONFLICT');
    assertProblem(await app.ask('PUT', path.block(village.nobody), { viewer: busy }), 404, 'NOT_FOUND');
    assertProblem(await app.ask('PUT', path.block(busy)), 401, 'VIEWER_REQUIRED');
  });
});
