import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connected } from '../../tests/support/connected-storage.ts';
import { createChangeReaders } from '../../tests/support/change-readers.ts';
import type { ChangeReader, ChangeReaders } from '../../tests/support/change-readers.ts';
import { createStorage } from './postgres.ts';

let readers: ChangeReaders;

before(async () => {
  readers = await createChangeReaders();
  // Of four people, bob and cyd own photos; dan owns none.
  for (const statement of [
    "INSERT INTO users (name) VALUES ('cyd'), ('dan')",
    `INSERT INTO photos (owner_id, caption, digest, width_px, height_px)
     SELECT owner_id, 'c', repeat('1', 64), 1, 1 FROM unnest(ARRAY[2, 3, 3, 3]) AS owner_id`,
    "INSERT INTO comments (photo_id, author_id, text) VALUES (1, 2, 'one'), (2, 3, 'two'), (4, 3, 'three')",
    'INSERT INTO follows (follower_id, followed_id) VALUES (1, 2), (3, 4)',
  ])
    await readers.storage.query(statement);
});
after(() => readers.close());

/** The keys that a reader hears of because of these statements, with versions where they are wanted. */
async function heardOf(reader: ChangeReader, ...statements: readonly string[]): Promise<string[]> {
  const from = reader.heard.length;
  for (const statement of statements) await readers.storage.query(statement);
  const mark = await readers.like();
  await reader.hearsAfter(from, mark);
  const keys = reader.heard
    .slice(from)
    .filter((one) => one !== mark)
    .map((one) => one.split(' ')[0] ?? '');
  // A row that is raised after it was written is told twice.
  return [...new Set(keys)].toSorted();
}

/** What a reader hears of the first time it meets a row: all of it. Afterwards only what is new. */
async function acquainted(t: Parameters<ChangeReaders['started']>[0]): Promise<ChangeReader> {
  const reader = await readers.started(t);
  await heardOf(
    reader,
    'UPDATE photos SET version = version + 1',
    'UPDATE users SET grid_version = grid_version + 1',
  );
  return reader;
}

describe('a change by hand', () => {
  const cases: Readonly<Record<string, readonly [statement: string, keys: readonly string[]]>> = {
    'a caption': ["UPDATE photos SET caption = 'other' WHERE id = 2", ['photo:2']],
    'captions of many': ["UPDATE photos SET caption = 'all' WHERE id IN (3, 4)", ['photo:3', 'photo:4']],
    'a count': ['UPDATE photos SET like_count = 99 WHERE id = 2', ['photo:2']],
    'a version that falls': ['UPDATE photos SET version = 1 WHERE id = 2', ['photo:2']],
    'a photo that is hidden': [
      'UPDATE photos SET deleted_at = now() WHERE id = 5',
      ['comments:5', 'photo:5', 'profile_grid:3'],
    ],
    'a photo with another owner': [
      'UPDATE photos SET owner_id = 4 WHERE id = 3',
      ['photo:3', 'profile_grid:3', 'profile_grid:4'],
    ],
    'a name, wherever it is shown': [
      "UPDATE users SET name = 'cid' WHERE id = 3",
      // Two photos of the person are left, on one of them and on another's there is a comment.
      ['comments:2', 'comments:4', 'followers:4', 'photo:2', 'photo:4', 'profile_grid:3'],
    ],
    'a comment that is added': [
      "INSERT INTO comments (photo_id, author_id, text) VALUES (4, 1, 'new')",
      ['comments:4', 'photo:4'],
    ],
    'a comment that changes': [
      "UPDATE comments SET text = 'changed' WHERE photo_id = 2",
      ['comments:2', 'photo:2'],
    ],
    'a comment that moves': [
      'UPDATE comments SET photo_id = 3 WHERE photo_id = 2',
      ['comments:2', 'comments:3', 'photo:2', 'photo:3'],
    ],
    'a comment that goes': ['DELETE FROM comments WHERE photo_id = 3', ['comments:3', 'photo:3']],
    'somebody who follows': ['INSERT INTO follows VALUES (2, 4)', ['followers:4']],
    'somebody who does not follow any more': ['DELETE FROM follows WHERE followed_id = 2', ['followers:2']],
    'a photo that is added': [
      `INSERT INTO photos (id, owner_id, caption, digest, width_px, height_px) VALUES (70, 4, 'c', repeat('2', 64), 1, 1)`,
      ['comments:70', 'photo:70', 'profile_grid:4'],
    ],
    'a photo with another id': [
      'UPDATE photos SET id = 71 WHERE id = 70',
      ['comments:70', 'comments:71', 'photo:70', 'photo:71', 'profile_grid:4'],
    ],
    'a photo that goes': ['DELETE FROM photos WHERE id = 71', ['comments:71', 'photo:71', 'profile_grid:4']],
  };
  test('is heard of, with all that shows it and nothing else', async (t) => {
    const reader = await acquainted(t);
    for (const [name, [statement, keys]] of Object.entries(cases))
      assert.deepEqual(await heardOf(reader, statement), keys, name);
  });

  test('of what nothing shows is not heard of', async (t) => {
    const reader = await acquainted(t);
    const nothing = await heardOf(
      reader,
      "UPDATE users SET created_at = now() - interval '1 day'",
      'UPDATE photos SET caption = caption WHERE id = 2',
      'INSERT INTO likes (photo_id, person_id) VALUES (2, 1)',
      'DELETE FROM likes',
    );
    assert.deepEqual(nothing, []);
  });

  test('is told with a version that is higher than the one before', async (t) => {
    const reader = await acquainted(t);
    const versionOf = async () => {
      const { rows } = await readers.storage.query<{ version: number }>(
        'SELECT version FROM photos WHERE id = 4',
      );
      return rows[0]?.version ?? 0;
    };
    const before = await versionOf();
    await readers.storage.query("UPDATE photos SET caption = 'higher' WHERE id = 4");
    await reader.hearsAfter(0, `photo:4 v${before + 1}`);
    assert.equal(await versionOf(), before + 1);
  });

  for (const table of ['comments', 'follows'])
    test(`that empties ${table} is a loss that is noticed`, async (t) => {
      const reader = await readers.started(t);
      const from = reader.heard.length;
      await readers.storage.query(`TRUNCATE ${table}`);
      await reader.hearsAfter(from, 'loss-noticed');
    });
});

test('a write of the service raises each version once', async (t) => {
  const storage = createStorage(readers.url, 1, () => {});
  t.after(() => storage.close());
  await connected(storage);
  const before = await readers.storage.query<{ version: number; grid: number }>(
    'SELECT version, grid_version AS grid FROM photos JOIN users ON users.id = owner_id WHERE photos.id = 4',
  );
  const run = (text: string) => storage.query({ name: text.slice(0, 20), text }, []);
  await run("INSERT INTO comments (photo_id, author_id, text) VALUES (4, 1, 'by the service')");
  await run("UPDATE photos SET caption = 'by the service', deleted_at = deleted_at WHERE id = 4");
  await run("UPDATE users SET name = 'by the service' WHERE id = 3");
  const { rows } = await readers.storage.query(
    'SELECT version, grid_version AS grid FROM photos JOIN users ON users.id = owner_id WHERE photos.id = 4',
  );
  assert.deepEqual(rows, before.rows);
});
