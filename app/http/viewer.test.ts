import assert from 'node:assert/strict';
import { it } from 'node:test';
import { assertProblem, createSeededDatabase, startTestApp } from '../../tests/support/test-app.ts';
import { village } from '../../tests/support/village-rows.ts';

it('believes nobody’s name outside of lab mode', async () => {
  const database = await createSeededDatabase();
  const environment = { DARKROOM_LAB_MODE: '0', DARKROOM_LAB_TOKEN: '' };
  const app = await startTestApp({ databaseUrl: database.url, environment });
  try {
    const viewer = village.reader;
    assertProblem(await app.ask('GET', `/users/${viewer}/feeds`, { viewer }), 401, 'VIEWER_REQUIRED');
    assertProblem(await app.ask('PUT', '/photos/1/like', { viewer }), 401, 'VIEWER_REQUIRED');
    assertProblem(await app.ask('DELETE', '/photos/1', { viewer: village.busy }), 401, 'VIEWER_REQUIRED');
    assert.equal((await app.ask('GET', '/photos/1')).statusCode, 200, 'what needs no viewer is there');
  } finally {
    await app.close();
    await database.drop();
  }
});
