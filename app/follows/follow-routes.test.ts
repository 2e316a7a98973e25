import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { walkPages } from '../../tests/support/page-walk.ts';
import { assertProblem, startTestApp } from '../../tests/support/test-app.ts';
import type { TestApp } from '../../tests/support/test-app.ts';
import { village, villageRows } from '../../tests/support/village-rows.ts';

let app: TestApp;
before(async () => {
  app = await startTestApp();
});
after(() => app.close());

type Followers = {
  numberOfFollowers: number;
  version: number;
  followers: { userId: number; name: string }[];
  nextCursor: string | null;
};

const followersOf = async (id: number): Promise<Followers> =>
  (await app.ask('GET', `/users/${id}/followers`)).json<Followers>();
const follow = (viewer: number, id: number) => app.askAgain('PUT', `/users/${id}/follow`, { viewer });
const unfollow = (viewer: number, id: number) => app.askAgain('DELETE', `/users/${id}/follow`, { viewer });

describe('the followers of a person', () => {
  it('are listed newest first, twenty to a page, with their number', async () => {
    const pages = await walkPages<Followers>((query) =>
      app.ask('GET', `/users/${village.famous}/followers${query}`),
    );
    assert.deepEqual(
      pages.map(({ followers }) => followers.length),
      [20, 4],
    );
    const expected = villageRows.follows
      .filter(({ followedId }) => followedId === village.famous)
      .toSorted((a, b) => b.createdAtMs - a.createdAtMs || b.followerId - a.followerId)
      .map(({ followerId }) => ({ userId: followerId, name: `Person ${followerId}` }));
    assert.deepEqual(
      pages.flatMap(({ followers }) => followers),
      expected,
    );
    assert.ok(pages.every(({ numberOfFollowers }) => numberOfFollowers === 24));
  });

  it('are none for who is followed by nobody', async () => {
    assert.deepEqual(await followersOf(village.hermit), {
      numberOfFollowers: 0,
      version: 1,
      followers: [],
      nextCursor: null,
    });
  });

  it('are 404 for an unknown person and 400 for a bad cursor', async () => {
    assertProblem(await app.ask('GET', `/users/${village.nobody}/followers`), 404, 'NOT_FOUND');
    assertProblem(await app.ask('GET', '/users/1/followers?cursor=zz'), 400, 'INVALID_CURSOR');
  });
});

describe('following', () => {
  it('adds one follower and one version, once', async () => {
    for (let time = 0; time < 2; time += 1) {
      const response = await follow(26, 27);
      assert.equal(response.statusCode, 204, response.body);
    }
    assert.deepEqual(await followersOf(27), {
      numberOfFollowers: 1,
      version: 2,
      followers: [{ userId: 26, name: 'Person 26' }],
      nextCursor: null,
    });
  });

  it('ends with unfollowing, once', async () => {
    await follow(25, 26);
    for (let time = 0; time < 2; time += 1) assert.equal((await unfollow(25, 26)).statusCode, 204);
    const { numberOfFollowers, version, followers } = await followersOf(26);
    assert.deepEqual([numberOfFollowers, version, followers], [0, 3, []]);
  });

  it('is counted exactly when many do it at once, each of them twice', async () => {
    const people = Array.from({ length: 24 }, (_, index) => index + 1);
    const responses = await Promise.all([...people, ...people].map((person) => follow(person, 28)));
    assert.ok(responses.every(({ statusCode }) => statusCode === 204));
    const { numberOfFollowers, version } = await followersOf(28);
    assert.deepEqual([numberOfFollowers, version], [24, 25]);
    await Promise.all(people.map((person) => unfollow(person, 28)));
    const afterwards = await followersOf(28);
    assert.deepEqual([afterwards.numberOfFollowers, afterwards.version], [0, 49]);
  });

  it('is agreed to while one of the two deletes the account: each is answered, whoever comes first', async () => {
    const pairs = await app.sql<{ follower: number; followed: number }>(
      `WITH people AS (INSERT INTO users (name) SELECT 'x' FROM generate_series(1, 12) RETURNING id),
        hidden AS (INSERT INTO users (name, is_private) SELECT 'x', true FROM generate_series(1, 12) RETURNING id)
       SELECT one.id AS follower, other.id AS followed
       FROM (SELECT id, row_number() OVER (ORDER BY id) FROM people) AS one
       JOIN (SELECT id, row_number() OVER (ORDER BY id) FROM hidden) AS other USING (row_number)`,
    );
    await app.sql(
      `INSERT INTO follow_requests (follower_id, followed_id)
       SELECT follower, followed FROM jsonb_to_recordset($1) AS pair (follower integer, followed integer)`,
      [JSON.stringify(pairs)],
    );
    const askBoth = async (
      { follower, followed }: (typeof pairs)[number],
      leaver: number,
    ): Promise<number[]> => {
      const answers = await Promise.all([
        app.askAgain('PUT', `/users/${followed}/follow-requests/${follower}`, { viewer: followed }),
        app.askAgain('DELETE', `/users/${leaver}`, { viewer: leaver }),
      ]);
      return answers.map(({ statusCode }) => statusCode);
    };
    for (const [index, pair] of pairs.entries()) {
      const [accepted, deleted] = await askBoth(pair, index % 2 === 0 ? pair.follower : pair.followed);
      assert.ok(accepted === 204 || accepted === 404, String(accepted));
      assert.equal(deleted, 204);
    }
  });

  it('needs two people, who differ, and a viewer', async () => {
    assertProblem(await follow(26, village.nobody), 404, 'NOT_FOUND');
    assertProblem(await follow(village.nobody, 26), 404, 'NOT_FOUND');
    assertProblem(await unfollow(26, village.nobody), 404, 'NOT_FOUND');
    assertProblem(await follow(26, 26), 409, 'CONFLICT');
    assertProblem(await app.ask('PUT', '/users/26/follow'), 401, 'VIEWER_REQUIRED');
    assertProblem(await app.ask('DELETE', '/users/26/follow'), 401, 'VIEWER_REQUIRED');
    assertProblem(await app.ask('PUT', '/users/x/follow', { viewer: 2 }), 400, 'INVALID_REQUEST');
  });
});
