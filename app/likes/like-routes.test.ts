import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertProblem, startTestApp } from '../../tests/support/test-app.ts';
import type { TestApp } from '../../tests/support/test-app.ts';
import { village } from '../../tests/support/village-rows.ts';

let app: TestApp;
before(async () => {
  app = await startTestApp();
});
after(() => app.close());

const like = (photoId: number, viewer: number) => app.askAgain('PUT', `/photos/${photoId}/like`, { viewer });

const stored = async (photoId: number) => {
  const [row] = await app.sql<{ version: number; like_count: number; rows: number }>(
    `SELECT version, like_count, (SELECT count(*)::integer FROM likes WHERE photo_id = photos.id) AS rows
     FROM photos WHERE id = $1`,
    [photoId],
  );
  return row;
};

describe('liking a photo', () => {
  it('raises the count and the version by one, the first time only', async () => {
    for (let time = 0; time < 3; time += 1) {
      const response = await like(10, 7);
      assert.equal(response.statusCode, 200, response.body);
      assert.deepEqual(response.json(), { numberOfLikes: 1, version: 2 });
    }
    assert.deepEqual(await stored(10), { version: 2, like_count: 1, rows: 1 });
    const page = (await app.ask('GET', '/photos/10')).json<{ numberOfLikes: number; version: number }>();
    assert.deepEqual([page.numberOfLikes, page.version], [1, 2]);
  });

  it('is counted exactly when many like at once, some of them twice', async () => {
    const people = Array.from({ length: 30 }, (_, index) => index + 1);
    const responses = await Promise.all([...people, ...people].map((person) => like(11, person)));
    assert.ok(responses.every(({ statusCode }) => statusCode === 200));
    assert.deepEqual(await stored(11), { version: 31, like_count: 30, rows: 30 });
    // A commit gives each version once; who liked already is shown one of them.
    const versions = new Set(responses.map((response) => response.json<{ version: number }>().version));
    for (const person of people) assert.ok(versions.has(person + 1));
  });

  it('leaves everything as it was when the photo or the person does not exist', async () => {
    assertProblem(await like(village.nobody, 7), 404, 'NOT_FOUND');
    assertProblem(await like(12, village.nobody), 404, 'NOT_FOUND');
    assertProblem(await app.ask('PUT', '/photos/12/like'), 401, 'VIEWER_REQUIRED');
    assertProblem(await app.ask('PUT', '/photos/x/like', { viewer: 7 }), 400, 'INVALID_REQUEST');
    assert.deepEqual(await stored(12), { version: 1, like_count: 0, rows: 0 });
  });

  it('never revives a photo that is deleted at the same time', async () => {
    const people = Array.from({ length: 20 }, (_, index) => index + 3);
    const asked = people.map((person) => like(13, person));
    const removed = await app.ask('DELETE', '/photos/13', { viewer: village.busy });
    const statuses = (await Promise.all(asked)).map(({ statusCode }) => statusCode);
    assert.equal(removed.statusCode, 204);
    assert.ok(statuses.every((status) => status === 200 || status === 404));
    assertProblem(await app.ask('GET', '/photos/13'), 404, 'NOT_FOUND');
    const row = await stored(13);
    assert.equal(row?.like_count, row?.rows);
    assert.equal(row?.version, 2 + Number(row?.rows));
  });
});
