import { DarkroomError } from '../errors.ts';
import type { Queries, Statement } from '../storage/statement.ts';
import { postRecordOf, profileRecordOf } from './post-record.ts';
import type { PostSource, ProfileSource, RecordData } from './post-record.ts';
import type { RecordKind } from './record-keys.ts';

/** A record with its version. */
export type StoredRecord = {
  readonly id: number;
  readonly version: number;
  readonly data: RecordData;
};

/**
 * A part of every write, so that nothing is written under an epoch that is not that of the lease, nor while the next
 * leader takes over.
 */
const fence = 'fence AS (SELECT epoch FROM gateway_lease WHERE epoch = $1 FOR KEY SHARE)';

/** The newest posts that everybody may see. */
const selectNewestPosts: Statement = {
  name: 'select_newest_posts_for_records',
  text: `
    SELECT photos.id FROM photos JOIN users AS owners ON owners.id = photos.owner_id
    WHERE photos.deleted_at IS NULL AND NOT owners.is_private
    ORDER BY photos.created_at DESC, photos.id DESC LIMIT $1`,
};

const selectPosts: Statement = {
  name: 'select_posts_for_records',
  text: `
    SELECT photos.id, photos.caption, photos.digest, photos.width_px, photos.height_px, photos.like_count, photos.comment_count,
      photos.created_at, owners.id AS owner_id, owners.name AS owner_name, owners.post_count AS owner_posts,
      owners.follower_count AS owner_followers, owners.created_at AS owner_created_at,
      coalesce((
        SELECT jsonb_agg(jsonb_build_object('id', newest.id, 'by', authors.name, 'text', newest.text) ORDER BY newest.id DESC)
        FROM (SELECT id, author_id, text FROM comments WHERE photo_id = photos.id ORDER BY created_at DESC, id DESC LIMIT 3)
          AS newest JOIN users AS authors ON authors.id = newest.author_id
      ), '[]') AS comments
    FROM photos JOIN users AS owners ON owners.id = photos.owner_id
    WHERE photos.id = ANY ($1::integer[]) AND photos.deleted_at IS NULL AND NOT owners.is_private`,
};

const selectOwners: Statement = {
  name: 'select_owners_for_records',
  text: `
    SELECT DISTINCT (data -> 'owner' ->> 'id')::integer AS id FROM gateway_records WHERE kind = 'posts' ORDER BY id`,
};

const selectProfiles: Statement = {
  name: 'select_profiles_for_records',
  text: `
    SELECT id, name, post_count, follower_count, created_at FROM users
    WHERE id = ANY ($1::integer[]) AND NOT is_private`,
};

const insertRecords: Statement = {
  name: 'insert_gateway_records',
  text: `
    WITH ${fence}
    INSERT INTO gateway_records (kind, id, version, epoch, data)
    SELECT $2, given.id, 1, fence.epoch, given.data
    FROM fence, unnest($3::integer[], $4::jsonb[]) AS given (id, data)
    ON CONFLICT DO NOTHING`,
};

const markFilled: Statement = {
  name: 'mark_gateway_records_filled',
  text: 'UPDATE gateway_lease SET is_filled = true WHERE epoch = $1',
};

const selectRecords: Statement = {
  name: 'select_gateway_records',
  text: `
    SELECT id, version::integer, data FROM gateway_records
    WHERE kind = $1 AND id > $2 AND deleted_at IS NULL ORDER BY id LIMIT $3`,
};

/**
 * Replaces the members of a record that are given, in the row itself, so that two writes at once lose nothing of each
 * other.
 */
const updateRecord: Statement = {
  name: 'update_gateway_record',
  text: `
    WITH ${fence}, changed AS (
      UPDATE gateway_records SET data = data || $4::jsonb, version = version + 1, epoch = fence.epoch
      FROM fence WHERE kind = $2 AND id = $3 AND deleted_at IS NULL
      RETURNING version::integer, data
    )
    SELECT (SELECT count(*)::integer FROM fence) AS fences, changed.version, changed.data
    FROM (VALUES (1)) AS always LEFT JOIN changed ON true`,
};

const deleteRecord: Statement = {
  name: 'delete_gateway_record',
  text: `
    WITH ${fence}, changed AS (
      UPDATE gateway_records SET deleted_at = now(), version = version + 1, epoch = fence.epoch
      FROM fence WHERE kind = $2 AND id = $3 AND deleted_at IS NULL
      RETURNING version::integer
    )
    SELECT (SELECT count(*)::integer FROM fence) AS fences, changed.version
    FROM (VALUES (1)) AS always LEFT JOIN changed ON true`,
};

/** Made, read or written in one statement. */
const batchRecords = 200;

type ChangedRow = { readonly fences: number; readonly version: number | null; readonly data: RecordData };

export type RecordStore = ReturnType<typeof createRecordStore>;

/** The records of the leader in PostgreSQL. Writes throw LEADER_LOST when the epoch is not that of the lease any more. */
export function createRecordStore(storage: Queries) {
  return {
    fill: (epoch: number, posts: number) => createFilling(storage, epoch).fill(posts),
    /** All records of a kind that are not deleted, by their ids. */
    async *load(kind: RecordKind): AsyncGenerator<StoredRecord> {
      for (let after = 0; ;) {
        const rows = await storage.query<StoredRecord>(selectRecords, [kind, after, batchRecords]);
        yield* rows;
        const last = rows.at(-1);
        if (last === undefined) return;
        after = last.id;
      }
    },
    /** Undefined: there is no such record. */
    async update(
      epoch: number,
      kind: RecordKind,
      id: number,
      change: RecordData,
    ): Promise<StoredRecord | undefined> {
      const { version, data } = fenced(
        await storage.query<ChangedRow>(updateRecord, [epoch, kind, id, JSON.stringify(change)]),
      );
      return version === null ? undefined : { id, version, data };
    },
    /** The version of what is gone; undefined: there was no such record. */
    async remove(epoch: number, kind: RecordKind, id: number): Promise<number | undefined> {
      return fenced(await storage.query<ChangedRow>(deleteRecord, [epoch, kind, id])).version ?? undefined;
    },
  };
}

function fenced(rows: readonly ChangedRow[]): ChangedRow {
  const [row] = rows;
  if (row === undefined || row.fences === 0)
    throw new DarkroomError('LEADER_LOST', 'Another process leads by now; send it again in a moment.');
  return row;
}

/** Makes the records of the newest posts and of their authors. What is there already, also as deleted, is left. */
function createFilling(storage: Queries, epoch: number) {
  const insert = (kind: RecordKind, made: readonly { readonly id: number; readonly data: RecordData }[]) =>
    storage.query(insertRecords, [
      epoch,
      kind,
      made.map(({ id }) => id),
      made.map(({ data }) => JSON.stringify(data)),
    ]);
  const fillPosts = async (count: number): Promise<void> => {
    for (const ids of batchesOf(await storage.query<{ readonly id: number }>(selectNewestPosts, [count]))) {
      const rows = await storage.query<PostSource>(selectPosts, [ids]);
      await insert(
        'posts',
        rows.map((row) => ({ id: row.id, data: postRecordOf(row) })),
      );
    }
  };
  // The owners are read from the records and not from the newest posts: an earlier leader may have made some of these
  // records before it died.
  const fillProfiles = async (): Promise<void> => {
    for (const ids of batchesOf(await storage.query<{ readonly id: number }>(selectOwners, []))) {
      const rows = await storage.query<ProfileSource>(selectProfiles, [ids]);
      await insert(
        'profiles',
        rows.map((row) => ({ id: row.id, data: profileRecordOf(row) })),
      );
    }
  };
  return {
    async fill(posts: number): Promise<void> {
      await fillPosts(posts);
      await fillProfiles();
      await storage.query(markFilled, [epoch]);
    },
  };
}

function* batchesOf(rows: readonly { readonly id: number }[]): Generator<readonly number[]> {
  for (let from = 0; from < rows.length; from += batchRecords)
    yield rows.slice(from, from + batchRecords).map(({ id }) => id);
}
