import type { TestApp } from '../support/test-app.ts';
import { village } from '../support/village-rows.ts';

/** Who asks, seen from the private person whose things are asked for. */
export const roles = {
  owner: village.sudden,
  follower: village.reader,
  stranger: 29,
  blocked: 28,
  'logged out': null,
} as const;
export type Role = keyof typeof roles;

/** In everything that only the private person's followers may see. */
export const secret = 'Tell-Nobody';
/** The person's name: hidden from who is blocked alone. */
export const secretName = 'Nameless Person';
/** The digests of the person's photos, of which a page shows no text. */
export const secretDigest = 'c0ffee';

const { owner, stranger, blocked } = roles;

/**
 * A private person with photos, comments and followers on more than one page each, who has written below a public photo. Stranger and
 * blocked one have followed the person before, so that their feeds may hold the person's photos still.
 */
export async function setScene(app: TestApp): Promise<void> {
  await app.sql('UPDATE users SET name = $2 WHERE id = $1', [owner, secretName]);
  await app.sql(
    `INSERT INTO photos (owner_id, caption, digest, width_px, height_px, created_at)
     SELECT $1, $2, rpad($3, 64, '0'), 1, 1, '2025-12-30'::timestamptz + n * interval '1 minute' FROM generate_series(1, 20) AS n`,
    [owner, secret, secretDigest],
  );
  await app.sql('UPDATE photos SET caption = $2, digest = rpad($3, 64, $4) WHERE owner_id = $1', [
    owner,
    secret,
    secretDigest,
    '0',
  ]);
  await app.sql(
    `INSERT INTO comments (photo_id, author_id, text) SELECT 31, 4, $1 || n FROM generate_series(1, 25) AS n`,
    [secret],
  );
  await app.sql('INSERT INTO comments (photo_id, author_id, text) VALUES (1, $1, $2)', [
    owner,
    'seen by most',
  ]);
  await app.sql(
    `INSERT INTO follows (follower_id, followed_id) SELECT n, $1 FROM generate_series(4, 29) AS n ON CONFLICT DO NOTHING`,
    [owner],
  );
  await app.sql('UPDATE follows SET created_at = now() WHERE follower_id = $1', [owner]);
  await app.sql(
    'INSERT INTO follows (follower_id, followed_id) SELECT n, $1 FROM unnest($2::int[]) AS n ON CONFLICT DO NOTHING',
    [village.busy, [stranger, blocked]],
  );
}

/** The person becomes private and blocks one; the stranger goes. */
export async function closeDoors(app: TestApp): Promise<void> {
  const isDone = async (answer: Promise<{ statusCode: number; body: string }>): Promise<void> => {
    const { statusCode, body } = await answer;
    if (statusCode !== 204) throw new RangeError(`the scene cannot be set: ${statusCode} ${body}`);
  };
  await isDone(app.ask('PUT', `/users/${owner}/privacy`, { viewer: owner, body: { isPrivate: true } }));
  await isDone(app.ask('DELETE', `/users/${owner}/follow`, { viewer: stranger }));
  await isDone(app.ask('PUT', `/users/${blocked}/block`, { viewer: owner }));
}
