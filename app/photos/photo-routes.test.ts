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

const versionOf = async (id: number): Promise<number> => {
  const [row] = await app.sql<{ version: number }>('SELECT version FROM photos WHERE id = $1', [id]);
  return row?.version ?? 0;
};

describe('the photo page', () => {
  it('shows the photo with its counts, its newest two comments and its version', async () => {
    const response = await app.ask('GET', `/photos/${village.discussed}`);
    assert.equal(response.statusCode, 200, response.body);
    assert.deepEqual(response.json(), {
      id: 1,
      version: 1,
      ownerId: village.busy,
      ownerName: 'Person 2',
      caption: 'Photo 1',
      imageUrl: `/media/${'1'.padStart(64, '0')}`,
      size: { type: 'Size', width: 640, height: 480 },
      numberOfLikes: 3,
      numberOfComments: 45,
      comments: [
        { commenterUserId: 6, commenterName: 'Person 6', comment: 'Comment 45' },
        { commenterUserId: 5, commenterName: 'Person 5', comment: 'Comment 44' },
      ],
      createdAt: '2025-12-27T21:00:00.000Z',
    });
    assert.equal(response.headers['darkroom-entry-version'], '1');
    assert.equal(response.headers['cache-status'], 'darkroom; fwd=bypass');
    assert.equal(response.headers['darkroom-replica'], 'r1');
  });

  it('has no comments where there are none', async () => {
    const response = await app.ask('GET', '/photos/20');
    assert.deepEqual(response.json<{ comments: unknown[] }>().comments, []);
  });

  it('is 404 for an unknown photo, 400 for what is no id', async () => {
    assertProblem(await app.ask('GET', `/photos/${village.nobody}`), 404, 'NOT_FOUND');
    for (const id of ['0', '-1', '1.5', 'one', '2147483648', '99999999999999999999', '%20', '1;DROP'])
      assertProblem(await app.ask('GET', `/photos/${id}`), 400, 'INVALID_REQUEST');
  });
});

describe('editing a caption', () => {
  const edit = (id: number, viewer: number, body: string | object) =>
    app.askAgain('PATCH', `/photos/${id}`, { viewer, body });

  it('is for the owner, raises the version by one and answers with it', async () => {
    const response = await edit(2, village.busy, { caption: 'Grüße, "new"\n— 🙂' });
    assert.equal(response.statusCode, 200, response.body);
    assert.deepEqual(response.json(), { version: 2 });
    const page = (await app.ask('GET', '/photos/2')).json<{ caption: string; version: number }>();
    assert.equal(page.caption, 'Grüße, "new"\n— 🙂');
    assert.equal(page.version, 2);
  });

  it('is refused to others, and changes nothing', async () => {
    assertProblem(await edit(3, village.sudden, { caption: 'mine' }), 403, 'FORBIDDEN');
    assert.equal(await versionOf(3), 1);
  });

  it('needs a viewer, a photo and a caption', async () => {
    assertProblem(await app.ask('PATCH', '/photos/3', { body: { caption: 'x' } }), 401, 'VIEWER_REQUIRED');
    assertProblem(await edit(village.nobody, village.busy, { caption: 'x' }), 404, 'NOT_FOUND');
    for (const body of [{}, { caption: 'x'.repeat(2_201) }, []])
      assertProblem(await edit(3, village.busy, body), 400, 'INVALID_REQUEST');
    assert.equal(await versionOf(3), 1);
  });

  it('takes text only: nothing is guessed from another type', async () => {
    for (const body of [{ caption: null }, { caption: 5 }, { caption: ['x'] }, { caption: { a: 1 } }])
      assertProblem(await edit(3, village.busy, body), 400, 'INVALID_REQUEST');
    assert.equal(await versionOf(3), 1);
  });

  it('refuses text that storage cannot hold', async () => {
    assertProblem(await edit(3, village.busy, { caption: 'a\u0000b' }), 400, 'INVALID_REQUEST');
    assert.equal(await versionOf(3), 1);
  });

  it('counts every one of many at once', async () => {
    const responses = await Promise.all(
      Array.from({ length: 20 }, (_, index) => edit(4, village.busy, { caption: `caption ${index}` })),
    );
    const versions = responses.map((response) => response.json<{ version: number }>().version);
    assert.deepEqual(
      versions.toSorted((a, b) => a - b),
      Array.from({ length: 20 }, (_, index) => index + 2),
    );
  });
});

describe('deleting a photo', () => {
  const remove = (id: number, viewer: number) => app.ask('DELETE', `/photos/${id}`, { viewer });

  it('is refused to others and to nobody', async () => {
    assertProblem(await remove(5, village.reader), 403, 'FORBIDDEN');
    assertProblem(await app.ask('DELETE', '/photos/5'), 401, 'VIEWER_REQUIRED');
    assertProblem(await remove(village.nobody, village.reader), 404, 'NOT_FOUND');
    assert.equal((await app.ask('GET', '/photos/5')).statusCode, 200);
  });

  it('takes the photo away everywhere, keeps its row, and raises the versions of what changed', async () => {
    const [gridBefore] = await app.sql<{ grid_version: number; post_count: number }>(
      'SELECT grid_version, post_count FROM users WHERE id = $1',
      [village.busy],
    );
    const response = await remove(6, village.busy);
    assert.equal(response.statusCode, 204, response.body);
    assert.equal(response.body, '');
    for (const path of ['/photos/6', '/photos/6/comments'])
      assertProblem(await app.ask('GET', path), 404, 'NOT_FOUND');
    const [row] = await app.sql<{ version: number; comments_version: number; is_gone: boolean }>(
      'SELECT version, comments_version, deleted_at IS NOT NULL AS is_gone FROM photos WHERE id = 6',
    );
    assert.deepEqual(row, { version: 2, comments_version: 2, is_gone: true });
    const [gridAfter] = await app.sql(
      'SELECT grid_version - $2 AS grid, post_count - $3 AS posts FROM users WHERE id = $1',
      [village.busy, gridBefore?.grid_version, gridBefore?.post_count],
    );
    assert.deepEqual(gridAfter, { grid: 1, posts: -1 });
  });

  it('happens once: a second time there is no such photo, and no version moves', async () => {
    assert.equal((await remove(7, village.busy)).statusCode, 204);
    const [before] = await app.sql('SELECT grid_version FROM users WHERE id = $1', [village.busy]);
    assertProblem(await remove(7, village.busy), 404, 'NOT_FOUND');
    assert.equal(await versionOf(7), 2);
    const [afterwards] = await app.sql('SELECT grid_version FROM users WHERE id = $1', [village.busy]);
    assert.deepEqual(afterwards, before);
  });

  it('ends what can be done to it', async () => {
    assert.equal((await remove(8, village.busy)).statusCode, 204);
    assertProblem(await app.ask('PUT', '/photos/8/like', { viewer: 3 }), 404, 'NOT_FOUND');
    const body = { comment: 'late' };
    assertProblem(await app.ask('POST', '/photos/8/comments', { viewer: 3, body }), 404, 'NOT_FOUND');
    const caption = { caption: 'late' };
    const edit = await app.ask('PATCH', '/photos/8', { viewer: village.busy, body: caption });
    assertProblem(edit, 404, 'NOT_FOUND');
    assert.equal(await versionOf(8), 2);
  });
});
