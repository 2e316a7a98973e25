import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { createTestRedis } from '../../tests/support/databases.ts';
import type { TestDatabase } from '../../tests/support/databases.ts';
import { photoForm } from '../../tests/support/multipart-form.ts';
import { assertProblem, createSeededDatabase, startTestApp } from '../../tests/support/test-app.ts';
import type { TestApp } from '../../tests/support/test-app.ts';
import { village } from '../../tests/support/village-rows.ts';

const name = 'Gone Completely';
const image = (sample: number) =>
  readFile(join(import.meta.dirname, '..', '..', 'loadtests', 'media', `sample-${sample}.jpg`));

/** One that hears of no write, so that all it has cached stays there, and one that hears of each. */
for (const candidate of ['ttl-only:tiers=memory+redis,ttl=1h', 'versioned'])
  describe(`the deletion of an account with ${candidate}`, () => {
    let database: TestDatabase;
    let app: TestApp;
    let other: TestApp;
    let redis: Redis;
    const { url, keyPrefix } = createTestRedis();
    before(async () => {
      database = await createSeededDatabase();
      const environment = { REDIS_URL: url, DARKROOM_REDIS_PREFIX: keyPrefix };
      app = await startTestApp({ databaseUrl: database.url, candidate, environment });
      other = await startTestApp({
        databaseUrl: database.url,
        candidate,
        environment: { ...environment, DARKROOM_REPLICA: 'r2', DARKROOM_MEDIA_DIR: app.mediaFolder },
      });
      redis = new Redis(url);
    });
    after(async () => {
      redis.disconnect();
      await Promise.all([app.close(), other.close()]);
      await database.drop();
    });

    type Session = { userId: number; token: string };
    const as = ({ token }: Session) => ({ headers: { authorization: `Bearer ${token}` } });
    const signUp = async (logInName: string, shown: string): Promise<Session> => {
      const body = { name: shown, logInName, password: 'long enough' };
      return (await app.ask('POST', '/accounts', { body })).json<Session>();
    };
    const post = async (
      session: Session,
      sample: number,
      caption: string,
    ): Promise<{ id: number; name: string }> => {
      const form = photoForm(await image(sample), caption);
      const headers = { ...form.headers, ...as(session).headers };
      const answer = await app.ask('POST', `/users/${session.userId}/posts`, { ...form, headers });
      assert.equal(answer.statusCode, 201, answer.body);
      return answer.json();
    };
    const files = async (): Promise<string[]> => {
      const found = await readdir(app.mediaFolder, { recursive: true, withFileTypes: true });
      return found.filter((entry) => entry.isFile()).map((entry) => entry.name);
    };
    /** Every row of every table that has this text, or a column of a person with this id. */
    const rowsWith = async (text: string, personId: number): Promise<string[]> => {
      const columns = await app.sql<{ table: string; column: string }>(
        `SELECT table_name AS table, column_name AS column FROM information_schema.columns
         WHERE table_schema = 'public' AND column_name ~ '^(person|owner|author|follower|followed|blocker|blocked|user|reader|other)_id$'`,
      );
      const tables = await app.sql<{ table: string }>(
        `SELECT table_name AS table FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
      );
      const found: string[] = [];
      for (const { table } of tables) {
        const own = columns.filter((one) => one.table === table).map(({ column }) => `${column} = $2`);
        const where = ['row_of::text LIKE $1', ...own, ...(table === 'users' ? ['id = $2'] : [])];
        const values = [`%${text}%`, personId];
        const rows = await app.sql<{ line: string }>(
          `SELECT row_of::text AS line FROM ${table} AS row_of WHERE ${where.join(' OR ')} AND $2::int IS NOT NULL`,
          values,
        );
        found.push(...rows.map(({ line }) => `${table}: ${line}`));
      }
      return found;
    };
    const cached = async (text: string): Promise<string[]> => {
      const keys = await redis.keys(`${keyPrefix}*`);
      const values = await Promise.all(
        keys.map(async (key) => ((await redis.type(key)) === 'string' ? ((await redis.get(key)) ?? '') : '')),
      );
      return keys.filter((key, index) => values[index]?.includes(text) === true || key.includes(text));
    };

    it('leaves no row, no file that no other photo shows, no session and no cached copy', async () => {
      const someone = await signUp('gone', name);
      const friend = await signUp('stays', 'Stays Here');
      const own = await post(someone, 1, `Caption of ${name}`);
      const sameAsFriends = await post(someone, 2, 'the same as a friend');
      const friends = await post(friend, 2, 'of a friend');
      assert.equal(sameAsFriends.name, friends.name);
      const { userId } = someone;
      for (const [method, path] of [
        ['PUT', `/photos/${friends.id}/like`],
        ['PUT', `/users/${friend.userId}/follow`],
        ['PUT', `/users/${village.hermit}/block`],
      ] as const)
        assert.ok((await app.ask(method, path, as(someone))).statusCode < 300);
      const body = { comment: `Comment of ${name}` };
      for (const id of [friends.id, own.id])
        assert.equal(
          (await app.ask('POST', `/photos/${id}/comments`, { ...as(someone), body })).statusCode,
          201,
        );
      await app.ask('POST', `/photos/${own.id}/comments`, { ...as(friend), body: { comment: 'nice' } });
      await app.ask('PUT', `/users/${userId}/follow`, as(friend));
      const paths = [
        `/photos/${own.id}`,
        `/photos/${own.id}/comments`,
        `/photos/${friends.id}`,
        `/photos/${friends.id}/comments`,
        `/users/${userId}/posts`,
        `/users/${userId}/followers`,
        `/users/${friend.userId}/followers`,
        `/users/${friend.userId}/feeds`,
      ];
      const told = async (): Promise<string> => {
        const bodies: string[] = [];
        // Twice: what is there once may be kept by then.
        for (const replica of [app, other, app, other])
          for (const path of paths) bodies.push((await replica.ask('GET', path, as(friend))).body);
        return bodies.join('\n');
      };
      assert.ok((await told()).includes(name));
      assert.ok((await cached(name)).length > 0, 'there are copies that can be forgotten');

      const answer = await other.ask('DELETE', `/users/${userId}`, as(someone));
      assert.equal(answer.statusCode, 204, answer.body);
      assert.deepEqual(await rowsWith(name, userId), []);
      assert.deepEqual(await cached(name), []);
      assert.ok(!(await told()).includes(name));
      assert.deepEqual(await cached(name), [], 'nothing of it comes back');
      const stored = await files();
      assert.ok(!stored.some((file) => file.startsWith(own.name.slice(0, 64))), 'its picture is gone');
      assert.ok(stored.includes(friends.name.slice(0, 64)), 'a picture that another photo shows stays');
      for (const replica of [app, other])
        assertProblem(await replica.ask('GET', '/photos/1', as(someone)), 401, 'SESSION_ENDED');
      assertProblem(
        await app.ask('POST', '/sessions', { body: { logInName: 'gone', password: 'long enough' } }),
        401,
        'LOG_IN_FAILED',
      );
      const counts = (
        await app.sql<{ likes: number; comments: number }>(
          'SELECT like_count AS likes, comment_count AS comments FROM photos WHERE id = $1',
          [friends.id],
        )
      )[0];
      assert.deepEqual(counts, { likes: 0, comments: 0 });
      const [friendRow] = await app.sql('SELECT follower_count FROM users WHERE id = $1', [friend.userId]);
      assert.deepEqual(friendRow, { follower_count: 0 });
    });

    it('is the person’s own, and happens once', async () => {
      const { busy, reader, nobody } = village;
      assertProblem(await app.ask('DELETE', `/users/${busy}`, { viewer: reader }), 403, 'FORBIDDEN');
      assertProblem(await app.ask('DELETE', `/users/${busy}`), 401, 'VIEWER_REQUIRED');
      assertProblem(await app.ask('DELETE', `/users/${nobody}`, { viewer: nobody }), 404, 'NOT_FOUND');
      // Somebody with thirty photos, comments and followers, while another one goes on following.
      const [deleted] = await Promise.all([
        app.ask('DELETE', `/users/${busy}`, { viewer: busy }),
        ...Array.from({ length: 12 }, (_, index) =>
          other.ask('PUT', `/users/${busy}/follow`, { viewer: 10 + index }),
        ),
      ]);
      assert.equal(deleted.statusCode, 204, deleted.body);
      assert.deepEqual(await rowsWith('Person 2"', busy), []);
    });
  });
