import type { Loaded } from '../cache/entry.ts';
import { pageSizes } from '../contract/entities.ts';
import { comesAfterPosition, listStart, microsecondsOf, toPage } from '../storage/cursor.ts';
import type { Position } from '../storage/cursor.ts';
import type { Queries, Statement } from '../storage/statement.ts';

export type PhotoComment = {
  readonly commenterUserId: number;
  readonly commenterName: string;
  readonly comment: string;
};

/** The newest comments on a photo, and whose photo that is. */
export type CommentPage = {
  readonly ownerId: number;
  readonly comments: readonly PhotoComment[];
  readonly nextCursor: string | null;
};

const selectComments: Statement = {
  name: 'select_comments',
  text: `
    SELECT photos.id AS photo_id, photos.owner_id, photos.comments_version, newest.id, newest.author_id, newest.text, authors.name,
      ${microsecondsOf('newest.created_at')} AS created_at_us
    FROM photos LEFT JOIN LATERAL (
      SELECT id, author_id, text, created_at FROM comments
      WHERE photo_id = photos.id
        AND ${comesAfterPosition('created_at, id')}
      ORDER BY created_at DESC, id DESC LIMIT $4
    ) AS newest ON true LEFT JOIN users AS authors ON authors.id = newest.author_id
    WHERE photos.id = ANY ($1::integer[]) AND photos.deleted_at IS NULL
    ORDER BY photos.id, newest.created_at DESC, newest.id DESC`,
};

/**
 * Reads along the comments of the author and looks each photo up: nobody writes more than a person can, while a star has any number of
 * comments. OFFSET keeps PostgreSQL from going the other way round.
 */
const selectCommentsBy: Statement = {
  name: 'select_comments_by',
  text: `
    SELECT newest.id, newest.photo_id, newest.author_id, newest.text, authors.name,
      ${microsecondsOf('newest.created_at')} AS created_at_us
    FROM users AS owner LEFT JOIN LATERAL (
      SELECT comments.id, comments.photo_id, comments.author_id, comments.text, comments.created_at
      FROM comments CROSS JOIN LATERAL (
        SELECT FROM photos
        WHERE photos.id = comments.photo_id AND photos.owner_id = owner.id AND photos.deleted_at IS NULL OFFSET 0
      ) AS own
      WHERE comments.author_id = $5
        AND ${comesAfterPosition('comments.created_at, comments.id')}
      ORDER BY comments.created_at DESC, comments.id DESC LIMIT $4
    ) AS newest ON true LEFT JOIN users AS authors ON authors.id = newest.author_id
    WHERE owner.id = $1
    ORDER BY newest.created_at DESC, newest.id DESC`,
};

const insertComment: Statement = {
  name: 'insert_comment',
  text: `
    WITH photo AS (
      UPDATE photos SET comment_count = comment_count + 1, version = version + 1, comments_version = comments_version + 1
      WHERE id = $1 AND deleted_at IS NULL RETURNING id, version, comments_version
    ), added AS (
      INSERT INTO comments (photo_id, author_id, text) SELECT id, $2, $3 FROM photo RETURNING id
    )
    SELECT added.id, photo.version, photo.comments_version FROM added, photo`,
};

type Row = {
  photo_id: number;
  owner_id: number;
  comments_version: number;
  id: number | null;
  author_id: number;
  text: string;
  name: string;
  created_at_us: string;
};

function toCommentPage(rows: readonly Row[]): Loaded<CommentPage> {
  const [first] = rows as [Row, ...Row[]];
  const comments = rows.flatMap((row) => (row.id === null ? [] : [{ ...row, id: row.id }]));
  const { page, nextCursor } = toPage(comments, pageSizes.comments);
  return {
    version: first.comments_version,
    value: {
      ownerId: first.owner_id,
      comments: page.map((row) => ({
        commenterUserId: row.author_id,
        commenterName: row.name,
        comment: row.text,
      })),
      nextCursor,
    },
  };
}

/** A comment with the photo that it is on. */
export type PlacedComment = PhotoComment & { readonly id: number; readonly photoId: number };

/** What one person has commented on the photos of another, newest first. */
export type CommentsBy = { readonly comments: readonly PlacedComment[]; readonly nextCursor: string | null };

type RowBy = Omit<Row, 'comments_version'>;

function toCommentsBy(rows: readonly RowBy[]): CommentsBy {
  const comments = rows.flatMap((row) => (row.id === null ? [] : [{ ...row, id: row.id }]));
  const { page, nextCursor } = toPage(comments, pageSizes.comments);
  return {
    comments: page.map((row) => ({
      id: row.id,
      photoId: row.photo_id,
      commenterUserId: row.author_id,
      commenterName: row.name,
      comment: row.text,
    })),
    nextCursor,
  };
}

export type AddedComment = {
  readonly id: number;
  readonly photoVersion: number;
  readonly commentsVersion: number;
};
export type CommentStore = ReturnType<typeof createCommentStore>;

export function createCommentStore(storage: Queries) {
  const loadFrom = async (
    ids: readonly number[],
    from: Position,
  ): Promise<ReadonlyMap<number, Loaded<CommentPage>>> => {
    const rows = await storage.query<Row>(selectComments, [
      ids,
      from.createdAtUs,
      from.id,
      pageSizes.comments + 1,
    ]);
    return new Map(
      [...Map.groupBy(rows, (row) => row.photo_id)].map(([id, own]) => [id, toCommentPage(own)] as const),
    );
  };
  return {
    load: (photoIds: readonly number[]) => loadFrom(photoIds, listStart),
    loadPage: async (photoId: number, from: Position) => (await loadFrom([photoId], from)).get(photoId),
    /** Of `authorId`, on what `ownerId` has posted; undefined when there is no such owner. */
    async loadBy(ownerId: number, authorId: number, from: Position): Promise<CommentsBy | undefined> {
      const rows = await storage.query<RowBy>(selectCommentsBy, [
        ownerId,
        from.createdAtUs,
        from.id,
        pageSizes.comments + 1,
        authorId,
      ]);
      return rows.length === 0 ? undefined : toCommentsBy(rows);
    },
    /** Undefined when there is no such photo. */
    async add(photoId: number, authorId: number, text: string): Promise<AddedComment | undefined> {
      type Added = { id: number; version: number; comments_version: number };
      const [row] = await storage.query<Added>(insertComment, [photoId, authorId, text]);
      return row && { id: row.id, photoVersion: row.version, commentsVersion: row.comments_version };
    },
  };
}
